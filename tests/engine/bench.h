#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "actions/machine/call_observer.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "engine/handler/run.h"
#include "errors/exit_code.h"
#include "json/json.h"
#include "tests/lab/lab.h"
#include "tests/lab/same_machine.h"
#include "tests/lab/temporary_folder.h"
#include "tests/lab/update_sequence.h"

namespace engine {

using errors::ExitCode;

// Shows a test each call through the machine's interface before it is made.
class Watch final : public machine::CallObserver {
 public:
  explicit Watch(std::function<void(const machine::Call&)> see) : see_(std::move(see)) {}
  void before(const machine::Call& call) override { see_(call); }
  void after(const machine::Call&) override {}

 private:
  std::function<void(const machine::Call&)> see_;
};

// A VM, a package of 1.0.0 for it, and the calls of the VM Agent.
class Bench : public testing::Test {
 protected:
  explicit Bench(const machine::simulated::VmOptions& options = {})
      : vm_(lab::Vm::create(folder_.path() / "vm", options)),
        package_(folder_.path() / "extension", "1.0.0") {}

  // Runs a command, or the calls of an update; fails the test where one does not end with 0.
  handler::Reply must(commands::Command command) const { return must(command, package_); }
  handler::Reply must(commands::Command command, const lab::Package& package) const {
    return lab::must(vm_, command, package);
  }
  void must(const std::vector<lab::Call>& calls) const { lab::must(vm_, calls); }
  // Runs a command; fails the test where it does not end with this code.
  handler::Reply fails(commands::Command command, ExitCode code) const {
    return fails(command, code, package_);
  }
  handler::Reply fails(commands::Command command, ExitCode code, const lab::Package& package) const;
  // The same; the machine must be as before, and the message must name `object` and what to do.
  handler::Reply refuses(commands::Command command, ExitCode code,
                         const std::string& object) const {
    return refuses(command, code, object, package_);
  }
  handler::Reply refuses(commands::Command command, ExitCode code, const std::string& object,
                         const lab::Package& package) const;
  // Runs a command in a process that must die at this fault point ("services.start#2:kill-after").
  void killed(commands::Command command, const std::string& at) const {
    killed(command, at, package_);
  }
  void killed(commands::Command command, const std::string& at, const lab::Package& package) const;
  // Runs a command one of whose calls fails ("services.start#2:fail=577").
  handler::Reply with_fault(commands::Command command, const std::string& fault) const {
    return with_fault(command, fault, package_);
  }
  handler::Reply with_fault(commands::Command command, const std::string& fault,
                            const lab::Package& package) const;

  // Installs and enables `package_`, and makes GuestProxyAgent depend on the drivers, as in the
  // field.
  void enabled() const;

  lab::Package package(const std::string& version) const;

  static std::string text(const handler::Reply& reply);
  // A service as the snapshot shows it; an empty object where it is not registered.
  nlohmann::json service(const std::string& name) const;
  std::string state(const std::string& name) const { return service(name).value("state", ""); }
  std::string start_type(const std::string& name) const { return service(name).value("start", ""); }
  std::uint32_t process(const std::string& name) const;
  // EbpfCore, NetEbpfExt, eBPFSvc and GuestProxyAgent run.
  void expect_all_running() const;
  // Changes the machine behind the handler's back.
  void behind(const std::function<void(machine::Machine&)>& what) const;
  bool has(const std::string& path) const { return std::filesystem::exists(installed(path)); }
  std::filesystem::path installed(const std::string& path) const;
  // A path in the folder of the journal.
  std::filesystem::path data(const std::string& path) const;
  // The work folders of transactions that are in that folder.
  std::vector<std::string> work_folders() const;
  // "kind target" of each step.
  int journals_set_aside() const;
  std::vector<std::string> kinds(std::int64_t transaction) const;
  // The last transaction's outcome and id; "" and 0 where there is none.
  std::string outcome() const;
  std::int64_t last_id() const;
  // A value of the journal's `meta`; "" where the key has none.
  std::string meta(const std::string& key) const;

  lab::TemporaryFolder folder_;
  lab::Vm vm_;
  lab::Package package_;
};

}  // namespace engine
