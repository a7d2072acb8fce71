// Each share of a command's time ends by itself; what does not fit is left, recorded, to the next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "actions/machine/fault_observer.h"
#include "engine/commands/commands.h"
#include "errors/exit_code.h"
#include "journal/reader.h"
#include "tests/faults/scenario.h"
#include "tests/lab/same_machine.h"

namespace faults {
namespace {

using engine::commands::Command;
using errors::ExitCode;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class Shares : public testing::Test {
 protected:
  void SetUp() override { run(Command::kInstall, "", 0); }

  engine::handler::Reply run(Command command, const std::string& fault, int code) const {
    machine::FaultObserver observer(fault.empty() ? std::nullopt : machine::fault_from(fault));
    const std::int64_t begun = vm_.clock_ms();
    engine::handler::Reply reply = vm_.run(command, package_, &observer);
    EXPECT_EQ(static_cast<int>(reply.code), code) << reply.lines.front() << vm_.journal_text();
    EXPECT_LT(vm_.clock_ms() - begun, engine::commands::row(command).vm_agent_limit_ms)
        << vm_.journal_text();
    EXPECT_TRUE(fault.empty() || observer.happened()) << fault;
    return reply;
  }

  void killed(Command command, const std::string& at) const {
    EXPECT_TRUE(vm_.run_killed(command, package_, at)) << at;
  }

  lab::TemporaryFolder folder_;
  lab::Vm vm_ = lab::Vm::in_memory(folder_.path() / "vm");
  lab::Package package_{folder_.path() / "extension", "1.0.0"};
};

constexpr int kOutOfTime = static_cast<int>(ExitCode::kOutOfTime);

TEST_F(Shares, A_recovery_that_does_not_fit_leaves_the_command_without_work_and_is_gone_on_with) {
  const nlohmann::json before = picture(vm_);
  killed(Command::kEnable, "services.start#2:kill-after");
  const engine::handler::Reply reply =
      run(Command::kEnable, "services.stop#1:takes=70", kOutOfTime);
  EXPECT_THAT(reply.lines.front(), HasSubstr("recovering what an earlier command left"));
  EXPECT_EQ(vm_.last_transaction()->state, journal::TransactionState::kRefused);
  run(Command::kRecover, "", 0);
  EXPECT_TRUE(lab::same_machine(before, picture(vm_)));
}

TEST_F(Shares, What_a_recovery_takes_beyond_its_share_is_the_loss_of_work) {
  const nlohmann::json before = picture(vm_);
  killed(Command::kEnable, "services.start#1:kill-after");
  const engine::handler::Reply reply =
      run(Command::kEnable, "system.flush#1:takes=150", kOutOfTime);
  EXPECT_THAT(reply.lines.front(), HasSubstr("begin step 1"));
  EXPECT_TRUE(lab::same_machine(before, picture(vm_)));
  run(Command::kEnable, "", 0);
}

TEST_F(Shares, An_undo_that_does_not_fit_is_left_recorded_to_the_next_command_and_said) {
  const nlohmann::json before = picture(vm_);
  vm_.set("service:eBPFSvc", {"start-fails=1053"});
  const engine::handler::Reply reply =
      run(Command::kEnable, "services.stop#2:takes=275", static_cast<int>(ExitCode::kStartDriver));
  EXPECT_THAT(reply.lines, Contains(HasSubstr("Undo failure: ")));
  EXPECT_THAT(reply.lines, Contains(HasSubstr("in time")));
  EXPECT_THAT(reply.lines, Contains(HasSubstr("The next command goes on with it")));
  EXPECT_EQ(vm_.last_transaction()->state, journal::TransactionState::kUndoing);
  for (const auto& entry : std::filesystem::directory_iterator(package_.folder("log")))
    EXPECT_THAT(entry.path().string(), Not(HasSubstr("support"))) << "there is no time for a copy";
  run(Command::kRecover, "", 0);
  EXPECT_TRUE(lab::same_machine(before, picture(vm_)));
}

TEST_F(Shares, A_service_that_stops_once_its_manager_has_answered_late_needs_no_reboot) {
  const nlohmann::json before = picture(vm_);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  run(Command::kEnable, "services.stop#2:takes=70", static_cast<int>(ExitCode::kStartDriver));
  EXPECT_EQ(vm_.last_transaction()->state, journal::TransactionState::kUndone);
  EXPECT_TRUE(lab::same_machine(before, picture(vm_)));
}

// Each service, stuck in each way, in each command.
class StuckService : public testing::TestWithParam<Scenario> {
 protected:
  static void run(Stage& stage, const std::string& service, const std::string& how) {
    stage.reset();
    const lab::Vm& vm = stage.vm();
    const Command command = stage.scenario().command;
    const std::string object = "service:" + service;
    const std::string what = object + " " + how;
    vm.set(object, {how});
    const std::int64_t begun = vm.clock_ms();
    const int code = static_cast<int>(vm.run(command, stage.package()).code);
    EXPECT_LT(vm.clock_ms() - begun, engine::commands::row(command).vm_agent_limit_ms)
        << stage.told(what);
    if (stage.clean_code() != 0) return;  // it was stuck before
    vm.set(object, {"clear"});
    if (code == 0) {
      stage.check(what, false);
      return;
    }
    if (stage.is_before()) return;
    vm.reboot();
    stage.recover(what);
    // With the old number an enable that was to update says again what it failed with.
    stage.check_booted(what, "1");
  }
};

TEST_P(StuckService, The_command_ends_by_itself_as_the_journal_names_it) {
  Stage stage(GetParam());
  for (const char* service : {"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"}) {
    for (const char* how : {"start-hangs", "ignores-stop", "stop-hangs"})
      run(stage, service, how);
  }
}

INSTANTIATE_TEST_SUITE_P(Every, StuckService,
                         testing::ValuesIn(scenarios().begin(), scenarios().end()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
