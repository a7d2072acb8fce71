#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/files/arm_recovery.h"
#include "actions/machine/sha256.h"
#include "actions/tasks/recovery_task.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kTask = R"(\eBPF for Windows\recover)";
const std::string kFolder = std::string(kJournalFolder) + R"(\recovery)";
const std::string kProgram = kFolder + R"(\ebpf-handler.exe)";

void put_program(TestVm& vm) { vm.put_payload("ebpf-handler.exe", "the new handler"); }

std::unique_ptr<Action> arming(TestVm& vm) {
  return std::make_unique<files::ArmRecovery>(
      vm.payload_folder() + "/ebpf-handler.exe", kFolder, kTask,
      tasks::recovery_task_xml(files::ArmRecovery::program_in(kFolder)));
}

void lose_scheduler(TestVm& vm) { vm.arm("tasks", {"fails=2147746132"}); }
void find_scheduler(TestVm& vm) { vm.arm("tasks", {"clear"}); }

void prepare_earlier(TestVm& vm) {
  put_program(vm);
  vm.put(kProgram, "the earlier handler");
  vm.tasks().put(kTask, "<Task>the earlier one</Task>");
}

// The copy is a service's image, so that it is in use.
void run_copy(TestVm& vm) {
  machine::ServiceConfig config;
  config.type = machine::ServiceType::kOwnProcess;
  config.image = "\"" + kProgram + "\" recover";
  config.account = "LocalSystem";
  vm.services().create("Runs", config);
  vm.start("Runs");
}

// An entry there keeps other vendors' installers waiting.
bool waits_for_the_boot(TestVm& vm) {
  return vm.registry()
      .get(R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager)",
           "PendingFileRenameOperations")
      .has_value();
}

TEST(ArmRecovery, Copies_the_handler_and_registers_the_task_that_runs_it) {
  TestVm vm;
  put_program(vm);
  auto action = arming(vm);
  const Json after = action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_EQ(vm.content(kProgram), "the new handler");
  EXPECT_EQ(after.at("copy").at("sha256"), machine::sha256_of("the new handler"));
  EXPECT_EQ(after.at("copy").at("id"), vm.files().stat(kProgram)->id);
  const auto task = vm.tasks().get(kTask);
  ASSERT_TRUE(task);
  EXPECT_TRUE(task->enabled);
  for (const std::string& text :
       {"<Command>" + kProgram + "</Command>", std::string("recover --abandoned"),
        std::string("<BootTrigger>"), std::string("<Interval>PT10M</Interval>"),
        std::string("S-1-5-18")}) {
    EXPECT_THAT(task->xml, HasSubstr(text));
  }
}

TEST(ArmRecovery, Is_durable_when_it_returns) {
  TestVm vm;
  put_program(vm);
  auto action = arming(vm);
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  const std::string armed = vm.picture();
  const std::string task = vm.tasks().get(kTask)->xml;  // in no picture
  vm.power_cut(0);
  EXPECT_EQ(vm.picture(), armed);
  EXPECT_EQ(vm.content(kProgram), "the new handler");
  ASSERT_TRUE(vm.tasks().get(kTask));
  EXPECT_EQ(vm.tasks().get(kTask)->xml, task);
}

TEST(ArmRecovery, An_identical_copy_is_kept) {
  TestVm vm;
  put_program(vm);
  vm.put(kProgram, "the new handler");
  const std::string id = vm.files().stat(kProgram)->id;
  auto action = arming(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_EQ(vm.files().stat(kProgram)->id, id);
  EXPECT_THAT(vm.files().list(kFolder), SizeIs(1));
}

TEST(ArmRecovery, An_earlier_copy_that_runs_is_moved_aside_and_comes_back) {
  TestVm vm;
  put_program(vm);
  vm.put_image(kProgram, "the earlier handler");
  run_copy(vm);
  const std::string start = vm.picture();
  auto action = arming(vm);
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_EQ(vm.content(kProgram), "the new handler");
  EXPECT_THAT(action->undo(vm.machine(), before, after, vm.in(kEnoughMs)).foreign, IsEmpty());
  EXPECT_EQ(vm.picture(), start);
}

TEST(ArmRecovery,
     A_copy_that_runs_while_it_is_undone_stays_aside_and_goes_with_the_next_disarming) {
  TestVm vm;
  vm.put_image(R"(C:\Windows\Temp\image)", "the new handler");
  vm.put_payload("ebpf-handler.exe", vm.content(R"(C:\Windows\Temp\image)"));
  auto action = arming(vm);
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  run_copy(vm);
  const UndoResult result = action->undo(vm.machine(), before, after, vm.in(kEnoughMs));
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(result.foreign, IsEmpty());
  EXPECT_FALSE(vm.tasks().get(kTask));
  EXPECT_FALSE(vm.exists(kProgram));
  EXPECT_THAT(vm.files().list(kFolder), SizeIs(1));
  EXPECT_FALSE(waits_for_the_boot(vm));
  vm.stop("Runs");
  files::disarm_recovery(vm.machine(), kFolder, kTask);
  EXPECT_FALSE(vm.exists(kFolder));
}

TEST(ArmRecovery, Without_a_Task_Scheduler_the_copy_is_there_and_the_step_says_who_recovers) {
  TestVm vm;
  put_program(vm);
  lose_scheduler(vm);
  auto action = arming(vm);
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_EQ(vm.content(kProgram), "the new handler");
  const auto shortfall = action->shortfall(before, after);
  ASSERT_TRUE(shortfall);
  EXPECT_EQ(shortfall->code(), ExitCode::kCreateTask);
  EXPECT_EQ(shortfall->object(), kTask);
  EXPECT_EQ(shortfall->system()->code, 0x80040154);
  EXPECT_THAT(shortfall->message(), HasSubstr("nobody but the VM Agent would recover"));
}

TEST(ArmRecovery, A_task_that_cannot_be_registered_is_a_shortfall) {
  TestVm vm;
  put_program(vm);
  auto action = arming(vm);
  const Json before = action->capture(vm.machine());
  lose_scheduler(vm);
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_EQ(vm.content(kProgram), "the new handler");
  ASSERT_TRUE(action->shortfall(before, after));
  EXPECT_EQ(action->probe(vm.machine(), before, after), Probe::kAfter);
}

TEST(ArmRecovery, Registers_the_task_where_the_copy_is_there_already) {
  TestVm vm;
  put_program(vm);
  lose_scheduler(vm);
  auto action = arming(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  const std::string id = vm.files().stat(kProgram)->id;
  find_scheduler(vm);
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_FALSE(action->shortfall(before, after));
  EXPECT_TRUE(vm.tasks().get(kTask));
  EXPECT_EQ(vm.files().stat(kProgram)->id, id);
}

TEST(ArmRecovery, An_undo_that_the_Task_Scheduler_does_not_answer_leaves_task_and_copy) {
  TestVm vm;
  put_program(vm);
  auto action = arming(vm);
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  lose_scheduler(vm);
  const UndoResult result = action->undo(vm.machine(), before, after, vm.in(kEnoughMs));
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  ASSERT_THAT(result.foreign, SizeIs(1));
  EXPECT_THAT(result.foreign.front(), HasSubstr(kTask));
  EXPECT_TRUE(vm.exists(kProgram));
}

TEST(ArmRecovery, A_program_that_changes_meanwhile_is_refused) {
  TestVm vm;
  put_program(vm);
  auto action = arming(vm);
  const Json before = action->capture(vm.machine());
  vm.put_payload("ebpf-handler.exe", "another one");
  const auto failure = failure_of([&] { action->apply(vm.machine(), before, vm.in(kEnoughMs)); });
  EXPECT_EQ(failure.code(), ExitCode::kPackageDamaged);
  EXPECT_FALSE(vm.exists(kProgram));
}

TEST(ArmRecovery, A_folder_in_the_place_of_the_copy_is_refused) {
  TestVm vm;
  put_program(vm);
  vm.make_folder(kProgram);
  auto action = arming(vm);
  const auto failure = failure_of([&] { action->capture(vm.machine()); });
  EXPECT_EQ(failure.code(), ExitCode::kCopyFile);
  EXPECT_THAT(failure.message(), HasSubstr("it is a folder"));
}

TEST(DisarmRecovery, Takes_task_copies_and_folder_away_and_again_has_nothing_to_do) {
  TestVm vm;
  const std::string start = vm.picture();
  prepare_earlier(vm);
  auto action = arming(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(files::disarm_recovery(vm.machine(), kFolder, kTask), IsEmpty());
    EXPECT_EQ(vm.picture(), start);
  }
}

TEST(DisarmRecovery, A_copy_that_runs_is_named_and_goes_the_next_time) {
  TestVm vm;
  vm.put_image(kProgram, "handler");
  run_copy(vm);
  const auto left = files::disarm_recovery(vm.machine(), kFolder, kTask);
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_THAT(left.front(), HasSubstr(kProgram));
  EXPECT_FALSE(waits_for_the_boot(vm));
  vm.stop("Runs");
  EXPECT_THAT(files::disarm_recovery(vm.machine(), kFolder, kTask), IsEmpty());
  EXPECT_FALSE(vm.exists(kFolder));
}

TEST(DisarmRecovery, A_copy_that_runs_is_armed_over) {
  TestVm vm;
  vm.put_image(kProgram, "handler");
  run_copy(vm);
  files::disarm_recovery(vm.machine(), kFolder, kTask);
  files::disarm_recovery(vm.machine(), kFolder, kTask);  // by the next command: it runs still
  put_program(vm);
  auto action = arming(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  vm.reboot();
  EXPECT_EQ(vm.content(kProgram), "the new handler");
  files::disarm_recovery(vm.machine(), kFolder, kTask);
  EXPECT_FALSE(vm.exists(kFolder));
}

TEST(DisarmRecovery, Without_a_Task_Scheduler_the_copies_go_and_the_next_call_takes_the_task_away) {
  TestVm vm;
  const std::string start = vm.picture();
  prepare_earlier(vm);
  lose_scheduler(vm);
  const auto failure = failure_of([&] { files::disarm_recovery(vm.machine(), kFolder, kTask); });
  EXPECT_EQ(failure.object(), kTask);
  EXPECT_FALSE(vm.exists(kProgram));
  EXPECT_TRUE(vm.exists(kFolder));
  find_scheduler(vm);
  EXPECT_THAT(files::disarm_recovery(vm.machine(), kFolder, kTask), IsEmpty());
  EXPECT_FALSE(vm.tasks().get(kTask));
  EXPECT_EQ(vm.picture(), start);
}

TEST(DisarmRecovery, What_somebody_else_put_there_stays) {
  TestVm vm;
  vm.put(kProgram, "handler");
  vm.put(kFolder + "\\note.txt", "theirs");
  files::disarm_recovery(vm.machine(), kFolder, kTask);
  EXPECT_EQ(vm.content(kFolder + "\\note.txt"), "theirs");
  EXPECT_FALSE(vm.exists(kProgram));
}

TEST(RecoveryTask, A_path_is_escaped) {
  EXPECT_THAT(tasks::recovery_task_xml(R"(C:\a & b\x.exe)"),
              HasSubstr(R"(<Command>C:\a &amp; b\x.exe</Command>)"));
}

}  // namespace

std::vector<Scenario> arm_recovery_scenarios() {
  const auto change_task = [](TestVm& vm) { vm.tasks().put(kTask, "<Task>theirs</Task>"); };
  const auto is_changed = [](TestVm& vm) {
    const auto task = vm.tasks().get(kTask);
    return task && task->xml.find("theirs") != std::string::npos;
  };
  return {{.name = "arm_recovery_for_the_first_time",
           .prepare = put_program,
           .action = arming,
           .outlasts_a_boot = true,
           .interfere = change_task,
           .is_left = is_changed},
          {.name = "arm_recovery_over_an_earlier_one",
           .prepare = prepare_earlier,
           .action = arming,
           .outlasts_a_boot = true,
           .interfere =
               [](TestVm& vm) {
                 vm.files().remove(kProgram);
                 vm.put(kProgram, "theirs");
               },
           .is_left = [](TestVm& vm) { return vm.content(kProgram) == "theirs"; }},
          {.name = "arm_recovery_without_a_scheduler",
           .prepare =
               [](TestVm& vm) {
                 put_program(vm);
                 lose_scheduler(vm);
               },
           .action = arming,
           .outlasts_a_boot = true,
           .interfere =
               [](TestVm& vm) {
                 vm.files().remove(kProgram);
                 vm.put(kProgram, "theirs");
               },
           .is_left = [](TestVm& vm) { return vm.content(kProgram) == "theirs"; }},
          {.name = "arm_recovery_that_is_armed",
           .prepare =
               [](TestVm& vm) {
                 put_program(vm);
                 vm.put(kProgram, "the new handler");
                 vm.tasks().put(kTask, tasks::recovery_task_xml(kProgram));
               },
           .action = arming,
           .changes_nothing = true,
           .outlasts_a_boot = true}};
}

}  // namespace actions::testing
