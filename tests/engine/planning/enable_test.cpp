// enable: converge on the settled version, start it, or give back what was there.
#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Enable : public Bench {
 protected:
  void running() const {
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"}) {
      EXPECT_EQ(state(name), "running") << name;
      EXPECT_EQ(start_type(name), "automatic") << name;
    }
  }
};

// Every word of `status` that the VM Agent could have read while a command ran.
class StatusWatch final : public machine::CallObserver {
 public:
  explicit StatusWatch(const lab::Package& package) : package_(package) {}
  void before(const machine::Call&) override { read_status(); }
  void after(const machine::Call&) override { read_status(); }
  std::vector<std::string> seen;

 private:
  void read_status() {
    const auto status = package_.status(0);
    if (status.is_null()) return;
    const std::string word = status[0]["status"]["status"];
    if (seen.empty() || seen.back() != word) seen.push_back(word);
  }
  const lab::Package& package_;
};

TEST_F(Enable, Starts_in_order_and_makes_automatic_what_has_started) {
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  running();
  EXPECT_THAT(kinds(last_id()),
              ElementsAre("stop-service GuestProxyAgent", "start-service EbpfCore",
                          "start-service NetEbpfExt", "start-service eBPFSvc",
                          "set-start-type EbpfCore", "set-start-type NetEbpfExt",
                          "set-start-type eBPFSvc", "start-service GuestProxyAgent"));
}

TEST_F(Enable, Says_transitioning_first_and_then_success) {
  must(commands::Command::kInstall);
  StatusWatch watch(package_);
  vm_.run(commands::Command::kEnable, package_, &watch);
  watch.before({});
  EXPECT_THAT(watch.seen, ElementsAre("transitioning", "success"));
}

TEST_F(Enable, Again_it_is_one_commit_without_transitioning_and_nothing_is_bounced) {
  enabled();
  std::filesystem::remove(package_.folder("status") / "0.status");
  const std::string before = vm_.snapshot();
  const auto proxy = process("GuestProxyAgent");
  const auto service = process("eBPFSvc");
  StatusWatch watch(package_);
  vm_.run(commands::Command::kEnable, package_, &watch);
  watch.before({});
  EXPECT_THAT(watch.seen, ElementsAre("success"));
  EXPECT_TRUE(vm_.steps(last_id()).empty());
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(process("GuestProxyAgent"), proxy);
  EXPECT_EQ(process("eBPFSvc"), service);
}

TEST_F(Enable, Before_any_install_it_installs_first) {
  must(commands::Command::kEnable);
  running();
  EXPECT_EQ(meta("settled_version"), "1.0.0");
}

TEST_F(Enable, After_an_uninstall_by_somebody_else_it_registers_and_starts_again) {
  enabled();
  behind([](machine::Machine& m) {
    m.services().stop("GuestProxyAgent");
    m.system().wait_ms(20'000);
    for (const char* name : {"eBPFSvc", "NetEbpfExt", "EbpfCore"}) {
      m.services().stop(name);
      m.system().wait_ms(20'000);
      m.services().remove(name);
    }
  });
  std::filesystem::remove_all(installed("drivers"));
  ASSERT_EQ(state("EbpfCore"), "");
  must(commands::Command::kEnable);
  running();
  EXPECT_TRUE(has("drivers/NetEbpfExt.sys"));
}

TEST_F(Enable, A_service_that_is_missing_is_never_a_success_without_it) {
  enabled();
  behind([](machine::Machine& m) {
    m.services().stop("eBPFSvc");
    m.system().wait_ms(20'000);
    m.services().remove("eBPFSvc");
  });
  must(commands::Command::kEnable);
  running();
}

TEST_F(Enable, A_start_type_that_somebody_changed_is_made_automatic_again) {
  enabled();
  behind([](machine::Machine& m) {
    auto config = *m.services().config("NetEbpfExt");
    config.start = machine::StartType::kDisabled;
    m.services().change("NetEbpfExt", config);
  });
  const auto proxy = process("GuestProxyAgent");
  must(commands::Command::kEnable);
  running();
  EXPECT_EQ(process("GuestProxyAgent"), proxy);
}

TEST_F(Enable, A_start_type_that_was_changed_deliberately_comes_back_when_enable_is_undone) {
  must(commands::Command::kInstall);
  behind([](machine::Machine& m) {
    auto config = *m.services().config("EbpfCore");
    config.start = machine::StartType::kDisabled;
    m.services().change("EbpfCore", config);
  });
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  const std::string before = vm_.snapshot();
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(start_type("EbpfCore"), "disabled");
}

TEST_F(Enable, A_driver_that_does_not_start_undoes_it_and_the_status_names_it) {
  must(commands::Command::kInstall);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  const std::string before = vm_.snapshot();
  const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kStartDriver);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(outcome(), "undone");
  EXPECT_THAT(text(reply), HasSubstr("NetEbpfExt"));
  const auto status = package_.status(0)[0]["status"];
  EXPECT_EQ(status["status"], "error");
  EXPECT_EQ(status["code"], 1013);
  EXPECT_THAT(status["formattedMessage"]["message"].get<std::string>(), HasSubstr("NetEbpfExt"));
  int named = 0;
  for (const auto& row : status["substatus"]) {
    if (row["name"] != "NetEbpfExt") continue;
    ++named;
    EXPECT_EQ(row["status"], "error");
    EXPECT_EQ(row["code"], 577);
    EXPECT_THAT(row["formattedMessage"]["message"].get<std::string>(), HasSubstr("577"));
  }
  EXPECT_EQ(named, 1);
}

TEST_F(Enable, A_driver_that_fails_ends_the_wait_at_once) {
  must(commands::Command::kInstall);
  vm_.set("service:EbpfCore", {"start-fails=127"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  EXPECT_LT(vm_.last_transaction()->duration_ms, 30'000);
}

TEST_F(Enable, A_driver_that_hangs_is_given_up_before_the_VM_Agents_limit) {
  must(commands::Command::kInstall);
  vm_.set("service:NetEbpfExt", {"start-hangs"});
  const handler::Reply reply = vm_.run(commands::Command::kEnable, package_);
  EXPECT_NE(reply.code, ExitCode::kSuccess);
  EXPECT_LT(vm_.last_transaction()->duration_ms, 300'000);
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "error");
}

// No Failure, but what no code expects at this place.
class OutOfMemory final : public machine::CallObserver {
 public:
  void before(const machine::Call& call) override {
    if (call.name == "services.start" && ++starts_ == 2) throw std::bad_alloc();
  }
  void after(const machine::Call&) override {}

 private:
  int starts_ = 0;
};

TEST_F(Enable, A_failure_that_nobody_thought_of_is_undone_too) {
  must(commands::Command::kInstall);
  const std::string before = vm_.snapshot();
  OutOfMemory observer;
  const handler::Reply reply = vm_.run(commands::Command::kEnable, package_, &observer);
  EXPECT_EQ(reply.code, ExitCode::kGeneric) << text(reply);
  EXPECT_EQ(outcome(), "undone");
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "error");
  EXPECT_NE(package_.status(0)[0]["status"]["code"], 0);
}

TEST_F(Enable, A_lost_and_an_altered_file_are_restored_and_what_loads_them_restarted) {
  enabled();
  const std::string whole = vm_.snapshot();
  std::filesystem::remove(installed("bpftool.exe"));
  lab::write_file(installed("drivers/NetEbpfExt.sys"), "damaged");
  must(commands::Command::kEnable);
  EXPECT_TRUE(lab::same_machine(whole, vm_.snapshot()));
  EXPECT_THAT(kinds(last_id()), testing::Contains("start-service NetEbpfExt"));
}

TEST_F(Enable, A_repair_of_a_file_that_nothing_loads_bounces_nothing) {
  enabled();
  std::filesystem::remove(installed("bpftool.exe"));
  const auto proxy = process("GuestProxyAgent");
  must(commands::Command::kEnable);
  EXPECT_TRUE(has("bpftool.exe"));
  EXPECT_EQ(process("GuestProxyAgent"), proxy);
}

TEST_F(Enable, What_install_replaced_under_running_services_is_restarted_by_enable) {
  enabled();
  lab::write_file(installed("ebpfapi.dll"), "damaged");
  must(commands::Command::kInstall);
  const auto proxy = process("GuestProxyAgent");
  must(commands::Command::kEnable);
  EXPECT_NE(process("GuestProxyAgent"), proxy);
  const auto again = process("GuestProxyAgent");
  must(commands::Command::kEnable);
  EXPECT_EQ(process("GuestProxyAgent"), again);
}

TEST_F(Enable, A_service_that_ends_again_while_GuestProxyAgent_is_waited_for_undoes_it) {
  enabled();
  const std::string before = vm_.snapshot();
  const lab::Package fresh = package("1.1.0");
  must(lab::UpdateSequence(package_, fresh).before(commands::Command::kEnable));
  vm_.set("service:eBPFSvc", {"crashes-after=2"});
  const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh);
  EXPECT_THAT(text(reply), HasSubstr("eBPFSvc"));
  EXPECT_THAT(text(reply), HasSubstr("the service is stopped"));
  vm_.set("service:eBPFSvc", {"clear"});
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Enable, A_failing_enable_uninstalls_nothing) {
  must(commands::Command::kInstall);
  vm_.set("service:EbpfCore", {"start-fails=127"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  EXPECT_TRUE(has("drivers/eBPFCore.sys"));
  vm_.set("service:EbpfCore", {"clear"});
  must(commands::Command::kEnable);
  running();
}

}  // namespace
}  // namespace engine
