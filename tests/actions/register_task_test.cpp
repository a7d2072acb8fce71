#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/tasks/register_task.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using ::testing::HasSubstr;

constexpr const char* kStartupTask = R"(\eBPF for Windows\ebpf_tracing_startup_task)";
constexpr const char* kXml = "<Task>\n  <Actions>trace</Actions>\n</Task>\n";
constexpr const char* kEarlier = "<Task><Actions>the earlier one</Actions></Task>";

std::unique_ptr<Action> task_registration(TestVm& /*vm*/) {
  return std::make_unique<tasks::RegisterTask>(kStartupTask, kXml);
}

void put_earlier(TestVm& vm) {
  vm.tasks().put(R"(\EBPF for Windows\EBPF_tracing_startup_task)", kEarlier);
}

void put_earlier_disabled(TestVm& vm) {
  put_earlier(vm);
  vm.tasks().set_enabled(kStartupTask, false);
}

TEST(RegisterTask, An_existing_one_is_replaced_and_enabled) {
  TestVm vm;
  put_earlier_disabled(vm);
  auto action = task_registration(vm);
  const Json after = action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  const auto task = vm.tasks().get(kStartupTask);
  ASSERT_TRUE(task);
  EXPECT_THAT(task->xml, HasSubstr("<Actions>trace</Actions>"));
  EXPECT_TRUE(task->enabled);
  EXPECT_EQ(after.at("task").at("xml"), task->xml);  // the scheduler's wording
  EXPECT_NE(task->xml, kXml);
}

TEST(RegisterTask, Undo_brings_back_the_earlier_one_as_it_was) {
  TestVm vm;
  put_earlier_disabled(vm);
  const auto earlier = vm.tasks().get(kStartupTask);
  auto action = task_registration(vm);
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_TRUE(action->undo(vm.machine(), before, after, vm.in(kEnoughMs)).foreign.empty());
  EXPECT_EQ(vm.tasks().get(kStartupTask), earlier);
}

TEST(RegisterTask, One_that_its_owner_had_switched_off_can_stay_off) {
  TestVm vm;
  const tasks::RegisterTask action(kStartupTask, kXml, false);
  action.apply(vm.machine(), action.capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_FALSE(vm.tasks().get(kStartupTask)->enabled);
}

TEST(RegisterTask, What_is_no_task_fails_with_what_the_scheduler_says_and_leaves_the_earlier_one) {
  TestVm vm;
  put_earlier(vm);
  const std::string start = vm.picture();
  const tasks::RegisterTask action(kStartupTask, "no XML");
  const auto failure = failure_of(
      [&] { action.apply(vm.machine(), action.capture(vm.machine()), vm.in(kEnoughMs)); });
  EXPECT_EQ(failure.code(), ExitCode::kCreateTask);
  EXPECT_EQ(failure.system()->code, 0x8004131A);
  EXPECT_THAT(failure.message(), HasSubstr(kStartupTask));
  EXPECT_EQ(vm.picture(), start);
}

}  // namespace

std::vector<Scenario> register_task_scenarios() {
  const auto change = [](TestVm& vm) { vm.tasks().put(kStartupTask, "<Task>theirs</Task>"); };
  const auto is_changed = [](TestVm& vm) {
    return vm.tasks().get(kStartupTask)->xml.find("theirs") != std::string::npos;
  };
  return {{.name = "register_task_that_is_new",
           .prepare = [](TestVm&) {},
           .action = task_registration,
           .outlasts_a_boot = true,
           .interfere = change,
           .is_left = is_changed},
          {.name = "register_task_over_another",
           .prepare = put_earlier,
           .action = task_registration,
           .outlasts_a_boot = true,
           .interfere = [](TestVm& vm) { vm.tasks().remove(kStartupTask); },
           .is_left = [](TestVm& vm) { return !vm.tasks().get(kStartupTask); }},
          {.name = "register_task_over_one_that_is_off",
           .prepare = put_earlier_disabled,
           .action = task_registration,
           .outlasts_a_boot = true,
           .interfere = [](TestVm& vm) { vm.tasks().set_enabled(kStartupTask, false); },
           .is_left = [](TestVm& vm) { return !vm.tasks().get(kStartupTask)->enabled; }},
          {.name = "register_task_that_is_there",
           .prepare = [](TestVm& vm) { vm.tasks().put(kStartupTask, kXml); },
           .action = task_registration,
           .changes_nothing = true,
           .outlasts_a_boot = true,
           .interfere = change,
           .is_left = is_changed}};
}

}  // namespace actions::testing
