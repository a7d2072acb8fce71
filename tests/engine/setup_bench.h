#pragma once

#include <filesystem>
#include <string>

#include "engine/commands/commands.h"
#include "engine/product/meta.h"
#include "tests/engine/bench.h"

namespace engine {

// A machine on which `setup` runs, from a source without the VM Agent's files.
class SetupBench : public Bench {
 protected:
  SetupBench() { std::filesystem::remove(source_.file("HandlerEnvironment.json")); }

  // GuestProxyAgent depends on the drivers, as its own set-up registers it.
  void let_proxy_depend() const {
    vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
  }
  static handler::Request request(commands::Command command, const lab::Package& source) {
    handler::Request call = lab::Vm::request(command, source);
    call.sequence_variable.reset();
    return call;
  }
  handler::Reply setup(commands::Command command, const lab::Package& source,
                       ExitCode code = ExitCode::kSuccess) const {
    const handler::Reply reply = vm_.run(request(command, source));
    EXPECT_EQ(static_cast<int>(reply.code), static_cast<int>(code))
        << text(reply) << vm_.journal_text();
    return reply;
  }
  handler::Reply setup(commands::Command command, ExitCode code = ExitCode::kSuccess) const {
    return setup(command, source_, code);
  }
  // The machine is as it was before; the journal may tell of the call.
  handler::Reply setup_changes_nothing(commands::Command command, const lab::Package& source,
                                       ExitCode code) const {
    const std::string before = vm_.snapshot();
    const handler::Reply reply = setup(command, source, code);
    EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
    return reply;
  }
  void stop_proxy() const {
    behind([](machine::Machine& m) {
      m.services().stop("GuestProxyAgent");
      m.system().wait_ms(1'000);
    });
    ASSERT_EQ(state("GuestProxyAgent"), "stopped");
  }
  void expect_drivers_running() const {
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"}) {
      EXPECT_EQ(state(name), "running") << name << "\n" << vm_.journal_text();
      EXPECT_EQ(start_type(name), "automatic") << name;
    }
  }
  void expect_gone() const {
    EXPECT_TRUE(service("EbpfCore").empty()) << vm_.journal_text();
    EXPECT_TRUE(service("NetEbpfExt").empty());
    EXPECT_FALSE(std::filesystem::exists(installed("")));
    EXPECT_EQ(meta(product::meta::kSettledVersion), "");
  }
  std::string settled() const { return meta(product::meta::kSettledVersion); }

  lab::Package source_ = package("1.0.0");  // "extension-1.0.0"
};

}  // namespace engine
