// F-24: `setup` does what install and enable do, in one transaction, without the VM Agent's files.
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "actions/machine/fault_observer.h"
#include "journal/lock.h"
#include "tests/engine/setup_bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using commands::Command;
using testing::HasSubstr;
using testing::Not;

class Setup : public SetupBench {};

TEST_F(Setup, It_installs_and_starts_in_one_transaction_and_leaves_no_file_of_the_VM_Agent) {
  setup(Command::kSetupInstall);
  expect_all_running();
  expect_drivers_running();
  ASSERT_EQ(vm_.transactions().size(), 1U);
  EXPECT_EQ(vm_.transactions().front().command, "setup install");
  EXPECT_EQ(outcome(), "committed");
  EXPECT_THAT(source_.log(), HasSubstr("setup install committed"));
  EXPECT_TRUE(fs::is_empty(source_.folder("status")));
  EXPECT_FALSE(fs::exists(source_.file("HandlerEnvironment.json")));
  EXPECT_FALSE(vm_.transactions().front().sequence_number);
}

TEST_F(Setup, Its_update_of_a_machine_without_eBPF_installs) {
  setup(Command::kSetupUpdate);
  expect_all_running();
}

TEST_F(Setup, Twice_it_does_nothing_the_second_time) {
  setup(Command::kSetupInstall);
  const auto proxy = process("GuestProxyAgent");
  EXPECT_THAT(text(setup_changes_nothing(Command::kSetupInstall, source_, ExitCode::kSuccess)),
              HasSubstr("nothing to do"));
  EXPECT_EQ(process("GuestProxyAgent"), proxy);
}

TEST_F(Setup, It_repairs_what_is_missing) {
  setup(Command::kSetupInstall);
  vm_.remove(R"(C:\Program Files\ebpf-for-windows\ebpfapi.dll)");
  setup(Command::kSetupInstall);
  EXPECT_TRUE(has("ebpfapi.dll"));
  expect_all_running();
}

TEST_F(Setup, A_proxy_that_it_found_stopped_is_left_to_the_proxys_own_set_up) {
  let_proxy_depend();
  stop_proxy();
  EXPECT_THAT(text(setup(Command::kSetupInstall)), HasSubstr("GuestProxyAgent"));
  expect_drivers_running();
  EXPECT_EQ(state("GuestProxyAgent"), "stopped");
  setup(Command::kSetupUninstall);
  expect_gone();
  EXPECT_EQ(state("GuestProxyAgent"), "stopped");
}

TEST_F(Setup, A_proxy_that_ran_is_restarted_on_the_new_version) {
  setup(Command::kSetupInstall);
  let_proxy_depend();
  const auto proxy = process("GuestProxyAgent");
  setup(Command::kSetupUpdate, package("1.1.0"));
  expect_all_running();
  EXPECT_NE(process("GuestProxyAgent"), proxy);
  EXPECT_EQ(settled(), "1.1.0");
  ASSERT_EQ(vm_.transactions().size(), 2U);
  EXPECT_EQ(vm_.transactions().back().command, "setup update");
}

TEST_F(Setup, What_fails_is_undone_and_each_call_tries_again) {
  setup(Command::kSetupInstall);
  let_proxy_depend();
  const std::string before = vm_.snapshot();
  const lab::Package newer = package("1.1.0");
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  constexpr int kMoreThanTheVmAgentGets = 4;
  for (int call = 0; call < kMoreThanTheVmAgentGets; ++call) {
    const std::string told = text(setup(Command::kSetupUpdate, newer, ExitCode::kStartDriver));
    EXPECT_THAT(told, HasSubstr("then run setup again."));
    EXPECT_THAT(told, Not(HasSubstr("deploy")));
  }
  vm_.set("service:NetEbpfExt", {"clear"});
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  setup(Command::kSetupUpdate, newer);
  expect_all_running();
  EXPECT_EQ(settled(), "1.1.0");
}

TEST_F(Setup, A_proxy_that_ran_before_its_drivers_were_there_runs_again_behind_a_failure) {
  let_proxy_depend();
  const std::string before = vm_.snapshot();
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  setup(Command::kSetupInstall, ExitCode::kStartDriver);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  vm_.set("service:NetEbpfExt", {"clear"});
  setup(Command::kSetupInstall);
  expect_all_running();
  EXPECT_EQ(service("GuestProxyAgent")["depends"], nlohmann::json({"EbpfCore", "NetEbpfExt"}));
}

TEST_F(Setup, Its_uninstall_leaves_the_machine_as_it_was_before) {
  const std::string before = vm_.snapshot();
  setup(Command::kSetupInstall);
  setup(Command::kSetupUninstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(meta(product::meta::kWantedBySetup), "");
  EXPECT_THAT(text(setup_changes_nothing(Command::kSetupUninstall, source_, ExitCode::kSuccess)),
              HasSubstr("nothing to do"));
}

TEST_F(Setup, A_newer_version_that_is_complete_is_left_and_what_is_stopped_of_it_started) {
  setup(Command::kSetupInstall, package("1.1.0"));
  const std::string before = vm_.snapshot();
  behind([](machine::Machine& m) {
    m.services().stop("eBPFSvc");
    m.system().wait_ms(1'000);
  });
  EXPECT_THAT(text(setup(Command::kSetupInstall)), HasSubstr("newer eBPF is in place"));
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(settled(), "1.1.0");
}

TEST_F(Setup, A_newer_version_that_is_not_complete_is_1005_as_for_install) {
  setup(Command::kSetupInstall, package("1.1.0"));
  vm_.remove(R"(C:\Program Files\ebpf-for-windows\ebpfapi.dll)");
  setup_changes_nothing(Command::kSetupInstall, source_, ExitCode::kDowngradeRefused);
}

TEST_F(Setup, A_source_that_is_no_package_is_1101_also_where_all_is_well) {
  const lab::Package empty = package("0.9.1");
  fs::remove(empty.file("payload.json"));
  for (int call = 0; call < 2; ++call) {
    const std::string told =
        text(setup_changes_nothing(Command::kSetupInstall, empty, ExitCode::kPackageDamaged));
    EXPECT_THAT(told, HasSubstr("payload.json"));
    EXPECT_THAT(told, HasSubstr(empty.root()));
    setup(Command::kSetupInstall);
  }
}

TEST_F(Setup, Without_elevation_it_says_run_as_administrator_and_touches_nothing) {
  handler::Request call = request(Command::kSetupInstall, source_);
  call.is_elevated = false;
  const std::string before = vm_.snapshot();
  const handler::Reply reply = vm_.run(call);
  EXPECT_EQ(reply.code, ExitCode::kUsage);
  EXPECT_THAT(text(reply), HasSubstr("Run as administrator"));
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_FALSE(fs::exists(vm_.journal_path()));
}

TEST_F(Setup, A_log_folder_is_made_and_one_that_cannot_be_is_1110) {
  handler::Request call = request(Command::kSetupInstall, source_);
  call.log_folder = (folder_.path() / "made" / "log").string();
  EXPECT_EQ(vm_.run(call).code, ExitCode::kSuccess);
  EXPECT_TRUE(fs::exists(folder_.path() / "made" / "log" / "ebpf_handler.log"));
  lab::write_file(folder_.path() / "file", "");
  call.log_folder = (folder_.path() / "file").string();
  const handler::Reply reply = vm_.run(call);
  EXPECT_EQ(reply.code, ExitCode::kUsage);
  EXPECT_THAT(text(reply), HasSubstr("--log"));
}

TEST_F(Setup, A_lock_that_is_taken_is_1102_and_the_message_says_who_holds_it) {
  setup(Command::kSetupInstall);
  {
    const auto lock =
        journal::Lock::acquire(data("lock").string(), "4711 enable", std::chrono::milliseconds(0));
    EXPECT_THAT(
        text(setup_changes_nothing(Command::kSetupUpdate, package("1.1.0"), ExitCode::kBusy)),
        HasSubstr("4711 enable"));
    EXPECT_THAT(lab::read_file(package_.folder("log") / ".." / ".." / "extension-1.1.0" / "log" /
                               "ebpf_handler.log"),
                HasSubstr("4711 enable"));
  }
  const auto lock = journal::Lock::acquire(data("lock").string(), "4712 setup update",
                                           std::chrono::milliseconds(0));
  EXPECT_THAT(text(fails(Command::kEnable, ExitCode::kBusy)), HasSubstr("4712 setup update"));
}

TEST_F(Setup, At_once_with_the_VM_Agents_enable_both_end_well_or_one_is_busy) {
  must(Command::kInstall);
  let_proxy_depend();
  std::vector<pid_t> children;
  for (const bool by_setup : {true, false}) {
    const pid_t child = ::fork();
    if (child == 0) {
      handler::Request call = by_setup ? request(Command::kSetupInstall, source_)
                                       : lab::Vm::request(Command::kEnable, package_);
      call.lock_patience = std::chrono::seconds(20);
      const auto code = vm_.run(call).code;
      ::_exit(code == ExitCode::kSuccess ? 0 : code == ExitCode::kBusy ? 1 : 2);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_LT(WEXITSTATUS(status), 2);
  }
  expect_all_running();
  std::vector<std::string> who;
  for (const auto& transaction : vm_.transactions())
    who.push_back(transaction.command + " " + std::string(journal::outcome(transaction)));
  EXPECT_THAT(who, testing::UnorderedElementsAre("install committed", "setup install committed",
                                                 "enable committed"));
}

TEST_F(Setup, Killed_in_an_update_its_next_call_goes_on_to_the_end) {
  setup(Command::kSetupInstall);
  let_proxy_depend();
  const lab::Package newer = package("1.1.0");
  for (const char* at : {"services.start#1:kill-after", "services.stop#1:kill-after"}) {
    machine::FaultObserver observer(machine::fault_from(at));
    const pid_t child = ::fork();
    if (child == 0) {
      vm_.run(request(Command::kSetupUpdate, newer), &observer);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << at;
  }
  setup(Command::kSetupUpdate, newer);
  expect_drivers_running();
  EXPECT_EQ(settled(), "1.1.0");
}

}  // namespace
}  // namespace engine
