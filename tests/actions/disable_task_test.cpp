#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/tasks/disable_task.h"
#include "actions/tasks/enable_task.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

constexpr const char* kPeriodicTask = R"(\eBPF for Windows\ebpf_tracing_periodic_task)";

std::unique_ptr<Action> enabling(TestVm& /*vm*/) {
  return std::make_unique<tasks::EnableTask>(kPeriodicTask);
}

std::unique_ptr<Action> disabling(TestVm& /*vm*/) {
  return std::make_unique<tasks::DisableTask>(kPeriodicTask);
}

void put_periodic_task(TestVm& vm) { vm.tasks().put(kPeriodicTask, "<Task>trace</Task>"); }

TEST(DisableTask, Switches_it_off_and_undo_on_again) {
  TestVm vm;
  put_periodic_task(vm);
  const auto task = vm.tasks().get(kPeriodicTask);
  auto action = disabling(vm);
  const Json before = as_text(action->capture(vm.machine()));
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_FALSE(vm.tasks().get(kPeriodicTask)->enabled);
  EXPECT_EQ(vm.tasks().get(kPeriodicTask)->xml, task->xml);
  action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(vm.tasks().get(kPeriodicTask), task);
}

TEST(DisableTask, A_task_that_was_replaced_meanwhile_keeps_its_new_content) {
  TestVm vm;
  put_periodic_task(vm);
  auto action = disabling(vm);
  const Json before = action->capture(vm.machine());
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  vm.tasks().put(kPeriodicTask, "<Task>newer</Task>");
  const auto newer = vm.tasks().get(kPeriodicTask);
  action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(vm.tasks().get(kPeriodicTask), newer);
}

void put_task_that_is_off(TestVm& vm) {
  put_periodic_task(vm);
  vm.tasks().set_enabled(kPeriodicTask, false);
}

TEST(EnableTask, Switches_it_on_and_undo_off_again) {
  TestVm vm;
  put_task_that_is_off(vm);
  const auto task = vm.tasks().get(kPeriodicTask);
  auto action = enabling(vm);
  const Json before = as_text(action->capture(vm.machine()));
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_TRUE(vm.tasks().get(kPeriodicTask)->enabled);
  action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(vm.tasks().get(kPeriodicTask), task);
}

}  // namespace

std::vector<Scenario> enable_task_scenarios() {
  return {{.name = "enable_task_that_is_off",
           .prepare = put_task_that_is_off,
           .action = enabling,
           .outlasts_a_boot = true,
           .interfere = [](TestVm& vm) { vm.tasks().remove(kPeriodicTask); },
           .is_left = [](TestVm& vm) { return !vm.tasks().get(kPeriodicTask); }},
          {.name = "enable_task_that_is_on",
           .prepare = put_periodic_task,
           .action = enabling,
           .changes_nothing = true,
           .outlasts_a_boot = true},
          {.name = "enable_task_that_is_absent",
           .prepare = [](TestVm&) {},
           .action = enabling,
           .changes_nothing = true,
           .outlasts_a_boot = true}};
}

std::vector<Scenario> disable_task_scenarios() {
  return {{.name = "disable_task_that_is_on",
           .prepare = put_periodic_task,
           .action = disabling,
           .outlasts_a_boot = true,
           .interfere = [](TestVm& vm) { vm.tasks().remove(kPeriodicTask); },
           .is_left = [](TestVm& vm) { return !vm.tasks().get(kPeriodicTask); }},
          {.name = "disable_task_that_is_off",
           .prepare = put_task_that_is_off,
           .action = disabling,
           .changes_nothing = true,
           .outlasts_a_boot = true},
          {.name = "disable_task_that_is_absent",
           .prepare = [](TestVm&) {},
           .action = disabling,
           .changes_nothing = true,
           .outlasts_a_boot = true}};
}

}  // namespace actions::testing
