// Two may want eBPF on one machine: the VM Agent, and whoever runs `setup`.
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "actions/machine/fault_observer.h"
#include "tests/engine/setup_bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using commands::Command;
using testing::HasSubstr;

class Wants : public SetupBench {
 protected:
  void vm_agent_uninstalls(const lab::Package& package) const {
    must(Command::kDisable, package);
    must(Command::kUninstall, package);
  }
  void vm_agent_installs(const lab::Package& package) const {
    must(Command::kInstall, package);
    must(Command::kEnable, package);
  }
  std::string last_command() const { return vm_.last_transaction()->command; }
};

TEST_F(Wants, The_VM_Agents_uninstall_leaves_it_running_while_setup_wants_it) {
  setup(Command::kSetupInstall);
  let_proxy_depend();
  vm_agent_installs(package_);
  const std::string before = vm_.snapshot();
  must(Command::kDisable);
  EXPECT_THAT(text(must(Command::kUninstall)), HasSubstr("`setup` wants it too"));
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_THAT(vm_.journal_text(), HasSubstr("`setup` wants it too"));
  setup(Command::kSetupUninstall);
  expect_gone();
}

TEST_F(Wants, The_uninstall_of_setup_leaves_it_while_the_VM_Agent_wants_it) {
  vm_agent_installs(package_);
  setup(Command::kSetupInstall);
  EXPECT_THAT(text(setup_changes_nothing(Command::kSetupUninstall, source_, ExitCode::kSuccess)),
              HasSubstr("the VM Agent wants it too"));
  EXPECT_EQ(last_command(), "setup uninstall");
  vm_agent_uninstalls(package_);
  expect_gone();
}

TEST_F(Wants, Setup_that_only_found_the_VM_Agents_version_wants_it_too) {
  vm_agent_installs(package_);
  setup(Command::kSetupInstall);
  vm_agent_uninstalls(package_);
  expect_all_running();
  setup(Command::kSetupUninstall);
  expect_gone();
}

TEST_F(Wants, The_VM_Agents_update_replaces_what_setup_brought_and_setup_wants_it_still) {
  setup(Command::kSetupInstall);
  let_proxy_depend();
  vm_agent_installs(package_);
  const lab::Package newer = package("1.1.0");
  must(lab::UpdateSequence(package_, newer).all());
  EXPECT_EQ(settled(), "1.1.0");
  vm_agent_uninstalls(newer);
  expect_all_running();
  EXPECT_EQ(settled(), "1.1.0");
}

TEST_F(Wants, A_newer_version_by_setup_is_no_failure_of_the_VM_Agents_enable) {
  const lab::Package older = package("0.9.1");
  vm_agent_installs(older);
  setup(Command::kSetupUpdate);
  EXPECT_THAT(text(must(Command::kEnable, older)), HasSubstr("which `setup` brought, is newer"));
  expect_all_running();
  const nlohmann::json status = older.status(0)[0]["status"];
  EXPECT_EQ(status["status"], "success");
  const nlohmann::json& newer = status["substatus"].back();
  EXPECT_EQ(newer["status"], "warning");
  EXPECT_THAT(newer["formattedMessage"]["message"].get<std::string>(),
              HasSubstr("eBPF 1.0.0, which `setup` brought"));
  EXPECT_EQ(settled(), "1.0.0");
}

// What the proxy's own set-up stops for a `setup` is no owner's stop for the rest of the boot.
TEST_F(Wants, A_proxy_that_its_set_up_stopped_for_setup_is_started_where_it_is_down_later) {
  const lab::Package older = package("0.9.1");
  vm_agent_installs(older);
  let_proxy_depend();
  stop_proxy();
  setup(Command::kSetupUpdate);
  behind([](machine::Machine& m) {
    m.services().start("GuestProxyAgent");
    m.system().wait_ms(1'000);
    for (const char* name : {"GuestProxyAgent", "eBPFSvc", "NetEbpfExt", "EbpfCore"}) {
      m.services().stop(name);
      m.system().wait_ms(1'000);
    }
  });
  ASSERT_EQ(state("GuestProxyAgent"), "stopped");
  must(Command::kEnable, older);
  expect_all_running();
}

// Who wants eBPF is one thing, and who brought the newer version another.
TEST_F(Wants, A_newer_version_of_setup_is_no_failure_either_once_setup_wants_it_no_longer) {
  const lab::Package older = package("0.9.1");
  vm_agent_installs(older);
  setup(Command::kSetupUpdate);
  EXPECT_THAT(text(setup(Command::kSetupUninstall)), HasSubstr("the VM Agent wants it too"));
  must(Command::kDisable, older);
  EXPECT_THAT(text(must(Command::kEnable, older)), HasSubstr("which `setup` brought, is newer"));
  expect_all_running();
  setup(Command::kSetupInstall);  // finds its own version
  EXPECT_EQ(must(Command::kEnable, older).code, ExitCode::kSuccess);
  setup(Command::kSetupUninstall);
  EXPECT_EQ(must(Command::kEnable, older).code, ExitCode::kSuccess);
  vm_agent_uninstalls(older);
  expect_gone();
}

TEST_F(Wants, Once_the_VM_Agent_has_updated_what_setup_brought_its_older_version_is_1005) {
  const lab::Package older = package("0.9.1");
  vm_agent_installs(older);
  setup(Command::kSetupUpdate);
  const lab::Package newer = package("1.1.0");
  must(lab::UpdateSequence(older, newer).all());
  must(Command::kDisable, newer);  // a downgrade, to what setup had brought
  EXPECT_EQ(vm_.run_update_to("1.0.0.1", newer).code, ExitCode::kSuccess);
  must(Command::kUninstall, newer);
  vm_agent_installs(package_);
  ASSERT_EQ(settled(), "1.0.0");
  fails(Command::kEnable, ExitCode::kDowngradeRefused, older);
}

TEST_F(Wants, An_extension_that_is_dropped_without_a_call_takes_nothing_that_setup_wants) {
  vm_agent_installs(package_);
  let_proxy_depend();
  setup(Command::kSetupInstall);
  {
    const lab::Package newer = package("1.1.0");
    must(lab::UpdateSequence(package_, newer).through(Command::kInstall));
    with_fault(Command::kEnable, "services.start#2:fail=577", newer);
    fs::remove_all(newer.root());
  }
  fs::remove_all(package_.root());
  vm_.reboot();
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  expect_all_running();
  EXPECT_EQ(settled(), "1.0.0");
  EXPECT_THAT(text(setup(Command::kSetupUninstall)), HasSubstr("done"));
  expect_gone();
}

class DuringUpdate : public Wants, public testing::WithParamInterface<Command> {};

TEST_P(DuringUpdate, Setup_leaves_the_machine_to_the_VM_Agents_update) {
  vm_agent_installs(package_);
  let_proxy_depend();
  const lab::Package newer = package("1.1.0");
  const lab::UpdateSequence update(package_, newer);
  must(update.before(GetParam()));
  for (const lab::Package* source : {static_cast<const lab::Package*>(&source_), &newer}) {
    const std::string told =
        text(setup_changes_nothing(Command::kSetupInstall, *source, ExitCode::kSuccess));
    EXPECT_THAT(told, HasSubstr("The VM Agent's update to 1.1.0 is open"));
    EXPECT_EQ(last_command(), "setup install");
  }
  must(update.from(GetParam()));
  expect_all_running();
  EXPECT_EQ(settled(), "1.1.0");
  vm_agent_uninstalls(newer);  // setup said what it wants
  expect_all_running();
  setup(Command::kSetupUninstall);
  expect_gone();
}

TEST_P(DuringUpdate, An_update_that_nobody_goes_on_with_is_undone_whatever_setup_called) {
  vm_agent_installs(package_);
  let_proxy_depend();
  const std::string before = vm_.snapshot();
  const lab::Package newer = package("1.1.0");
  must(lab::UpdateSequence(package_, newer).before(GetParam()));
  vm_.reboot();
  setup_changes_nothing(Command::kSetupInstall, source_, ExitCode::kSuccess);
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot())) << vm_.journal_text();
}

TEST_P(DuringUpdate, An_uninstall_of_setup_is_recorded_and_the_VM_Agents_removes_eBPF) {
  vm_agent_installs(package_);
  let_proxy_depend();
  setup(Command::kSetupInstall);
  const lab::Package newer = package("1.1.0");
  const lab::UpdateSequence update(package_, newer);
  must(update.before(GetParam()));
  EXPECT_THAT(text(setup_changes_nothing(Command::kSetupUninstall, source_, ExitCode::kSuccess)),
              HasSubstr("no longer"));
  must(update.from(GetParam()));
  vm_agent_uninstalls(newer);
  expect_gone();
}

// Its recovery meets a file in use, and its call is recorded as refused.
TEST_F(Wants, An_update_that_nobody_goes_on_with_is_undone_whatever_setup_was_refused) {
  vm_agent_installs(package_);
  let_proxy_depend();
  const std::string before = vm_.snapshot();
  const lab::Package newer = package("1.1.0");
  must(lab::UpdateSequence(package_, newer).before(Command::kInstall));
  killed(Command::kInstall, "files.rename#3:kill-after", newer);
  vm_.reboot();
  machine::FaultObserver in_use(machine::fault_from("files.rename#1:fail=32"));
  EXPECT_NE(vm_.run(request(Command::kSetupInstall, source_), &in_use).code, ExitCode::kSuccess);
  ASSERT_EQ(last_command(), "setup install");
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot())) << vm_.journal_text();
}

INSTANTIATE_TEST_SUITE_P(Before, DuringUpdate,
                         testing::Values(Command::kUninstall, Command::kInstall, Command::kEnable),
                         [](const auto& command) {
                           return std::string(commands::row(command.param).name);
                         });

// No update is open yet: `setup` does what it is called for, and the VM Agent's enable starts the
// proxy that its disable stopped.
class BehindDisable : public Wants {
 protected:
  void SetUp() override {
    vm_agent_installs(package_);
    let_proxy_depend();
    before_ = vm_.snapshot();
    must(Command::kDisable);
    setup(Command::kSetupInstall);
    expect_drivers_running();
    EXPECT_EQ(state("GuestProxyAgent"), "stopped");
  }
  std::string before_;
  lab::Package newer_ = package("1.1.0");
};

TEST_F(BehindDisable, The_VM_Agents_enable_starts_the_proxy) {
  must(Command::kEnable);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
}

TEST_F(BehindDisable, The_VM_Agents_update_ends_with_all_running) {
  must(lab::UpdateSequence(package_, newer_).from(Command::kUpdate));
  expect_all_running();
  EXPECT_EQ(settled(), "1.1.0");
}

TEST_F(BehindDisable, An_update_that_fails_gives_the_proxy_back) {
  must(Command::kUpdate, newer_);
  must(Command::kUninstall);
  must(Command::kInstall, newer_);
  with_fault(Command::kEnable, "services.start#2:fail=577", newer_);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot())) << vm_.journal_text();
}

TEST_F(BehindDisable, The_VM_Agents_uninstall_starts_the_proxy_of_what_setup_wants) {
  must(Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
}

// The VM Agent does not come again, and the operation has settled.
TEST_F(BehindDisable, What_the_VM_Agents_uninstall_cannot_start_is_started_by_recover) {
  must(Command::kDisable);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  EXPECT_THAT(text(must(Command::kUninstall)), HasSubstr("NetEbpfExt"));
  EXPECT_NE(state("NetEbpfExt"), "running");
  must(Command::kRecover);  // in vain
  vm_.set("service:NetEbpfExt", {"clear"});
  must(Command::kRecover);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot())) << vm_.journal_text();
}

// A driver does not stop: what is left to do waits for the boot.
class WaitsForBoot : public Wants {
 protected:
  void SetUp() override {
    setup(Command::kSetupInstall);
    let_proxy_depend();
  }
  void hold() const { vm_.set("service:EbpfCore", {"ignores-stop"}); }
  void boot() const {
    vm_.set("service:EbpfCore", {"clear"});
    vm_.reboot();
  }
};

TEST_F(WaitsForBoot, An_uninstall_of_setup_is_finished_behind_it) {
  hold();
  EXPECT_THAT(text(setup(Command::kSetupUninstall)), HasSubstr("reboot needed"));
  boot();
  must(Command::kRecover);
  expect_gone();
  EXPECT_EQ(state("GuestProxyAgent"), "running");
}

TEST_F(WaitsForBoot, An_install_of_setup_before_it_takes_the_uninstall_back) {
  hold();
  setup(Command::kSetupUninstall);
  vm_.set("service:EbpfCore", {"clear"});
  setup(Command::kSetupInstall);
  vm_.reboot();
  must(Command::kRecover);
  expect_drivers_running();
  vm_agent_installs(package_);
  vm_agent_uninstalls(package_);
  expect_all_running();  // it is wanted again
}

TEST_F(WaitsForBoot, The_VM_Agents_uninstall_behind_a_hanging_update_leaves_what_setup_wants) {
  vm_agent_installs(package_);
  const lab::Package newer = package("1.1.0");
  must(lab::UpdateSequence(package_, newer).before(Command::kEnable));
  hold();
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  fails(Command::kEnable, ExitCode::kStartDriver, newer);
  EXPECT_THAT(text(must(Command::kUninstall, newer)), HasSubstr("`setup` wants it too"));
  boot();
  must(Command::kRecover);
  expect_all_running();
  EXPECT_EQ(settled(), "1.0.0");
  setup(Command::kSetupUninstall);
  expect_gone();
}

TEST_F(WaitsForBoot, An_uninstall_of_setup_that_died_past_its_first_deletion_is_completed) {
  machine::FaultObserver observer(machine::fault_from("services.remove#1:kill-after"));
  const pid_t child = ::fork();
  if (child == 0) {
    vm_.run(request(Command::kSetupUninstall, source_), &observer);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  must(Command::kRecover);
  expect_gone();
  EXPECT_EQ(outcome(), "recovered-after");
  vm_agent_installs(package_);
  vm_agent_uninstalls(package_);
  expect_gone();  // nobody else wants it
}

}  // namespace
}  // namespace engine
