// The handler dies in the middle of an update: the next command, or recovery, makes up for it.
#include "actions/machine/files.h"
#include "actions/machine/tasks.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/product/places.h"
#include "errors/failure.h"
#include "tests/engine/planning/update_bench.h"

namespace engine {
namespace {

using testing::HasSubstr;

// The same where the handler was killed as it began to undo: the rest is recovery's.
TEST_F(Update, One_whose_undo_is_left_to_recovery_and_hangs_waits_for_the_boot_as_a_whole) {
  up_to(commands::Command::kEnable);
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  killed(commands::Command::kEnable, "services.stop#1:kill-before", fresh_);
  vm_.set("service:EbpfCore", {"ignores-stop"});
  fails(commands::Command::kRecover, ExitCode::kRebootNeeded, fresh_);
  EXPECT_EQ(operations().back().state, journal::OperationState::kRebootNeeded)
      << vm_.journal_text();
  vm_.set("service:EbpfCore", {"clear"});
  vm_.set("service:NetEbpfExt", {"clear"});
  vm_.reboot();
  must(commands::Command::kRecover);
  expect_before();
  EXPECT_EQ(operations().back().state, journal::OperationState::kUndone) << vm_.journal_text();
}

TEST_F(Update, Killed_commands_are_undone_alone_and_the_VM_Agent_goes_on) {
  up_to(commands::Command::kInstall);
  killed(commands::Command::kInstall, "files.rename#3:kill-after", fresh_);
  must(commands::Command::kInstall, fresh_);
  killed(commands::Command::kEnable, "services.start#2:kill-after", fresh_);
  must(commands::Command::kEnable, fresh_);
  expect_running("1.1.0");
}

// Where enable is all that the VM Agent calls, as behind an update that was undone.
TEST_F(Update, That_enable_alone_makes_is_undone_at_the_boot_where_nobody_comes_back) {
  killed(commands::Command::kEnable, "services.start#2:kill-after", fresh_);
  behind([](machine::Machine& m) {
    EXPECT_TRUE(m.tasks().get(product::kRecoveryTask)) << "the boot runs no recovery";
  });
  vm_.reboot();
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  expect_before();
}

// A driver that runs holds its image: a file that can be written is not the image that runs.
TEST_F(Update, Abandoned_after_a_boot_that_started_the_new_drivers_it_runs_the_old_ones) {
  up_to(commands::Command::kEnable);
  killed(commands::Command::kEnable, "system.flush#1:kill-after", fresh_);
  vm_.reboot();
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  expect_before();
  behind([](machine::Machine& m) {
    for (const char* image :
         {R"(drivers\eBPFCore.sys)", R"(drivers\NetEbpfExt.sys)", "ebpfsvc.exe"})
      EXPECT_THROW(
          m.files().write(std::string(R"(C:\Program Files\ebpf-for-windows\)") + image, ""),
          errors::Failure)
          << image;
  });
}

// A command of the incoming handler dies three times; then it, or another one, is called.
struct Dying {
  commands::Command dies;
  commands::Command called;
};
class DyingUpdate : public Update, public testing::WithParamInterface<Dying> {};

TEST_P(DyingUpdate, Is_tried_three_times_then_undone_and_refused) {
  up_to(GetParam().dies);
  for (int death = 0; death < commands::kMaxUpdateAttempts; ++death) {
    const bool recovers = death > 0;  // with a flush of its own
    killed(GetParam().dies, recovers ? "system.flush#2:kill-after" : "system.flush#1:kill-after",
           fresh_);
  }
  const handler::Reply reply = vm_.run(GetParam().called, fresh_);
  EXPECT_NE(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_THAT(text(reply), HasSubstr("tried 3 times"));
  expect_before();
  EXPECT_NE(operations().back().state, journal::OperationState::kOpen);
}

INSTANTIATE_TEST_SUITE_P(
    Commands, DyingUpdate,
    testing::Values(Dying{commands::Command::kUpdate, commands::Command::kUpdate},
                    Dying{commands::Command::kInstall, commands::Command::kInstall},
                    Dying{commands::Command::kInstall, commands::Command::kUpdate},
                    Dying{commands::Command::kEnable, commands::Command::kEnable}),
    [](const auto& command) {
      return std::string(commands::row(command.param.dies).name) + "_then_" +
             std::string(commands::row(command.param.called).name);
    });

TEST_F(Update, Deaths_of_enable_alone_count_too_and_the_refusal_says_so) {
  for (int death = 0; death < commands::kMaxUpdateAttempts; ++death) {
    killed(commands::Command::kEnable, "services.start#2:kill-after", fresh_);
    must(commands::Command::kRecover);
    expect_before();
  }
  const handler::Reply reply = vm_.run(commands::Command::kEnable, fresh_);
  EXPECT_NE(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_THAT(text(reply), HasSubstr("its process ended in the middle"));
  expect_before();
}

// A death says nothing of what keeps the update from its end.
TEST_F(Update, Whose_last_attempt_died_is_refused_with_the_cause_of_the_one_before) {
  for (int failure = 1; failure < commands::kMaxUpdateAttempts; ++failure) {
    up_to(commands::Command::kEnable);
    with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_);
  }
  up_to(commands::Command::kInstall);
  killed(commands::Command::kInstall, "files.rename#3:kill-after", fresh_);
  const handler::Reply reply = fails(commands::Command::kInstall, ExitCode::kStartDriver, fresh_);
  EXPECT_THAT(text(reply), HasSubstr("tried 3 times"));
  EXPECT_THAT(text(reply), HasSubstr("its process ended in the middle"));
  EXPECT_THAT(text(reply), HasSubstr("before that: Could not services.start NetEbpfExt"));
  expect_before();
}

}  // namespace
}  // namespace engine
