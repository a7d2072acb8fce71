#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/tasks/unregister_task.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

constexpr const char* kOldTask = R"(\eBPF for Windows\ebpf_tracing_periodic_task)";

std::unique_ptr<Action> task_removal(TestVm& /*vm*/) {
  return std::make_unique<tasks::UnregisterTask>(kOldTask);
}

void put_task(TestVm& vm) { vm.tasks().put(kOldTask, "<Task>trace</Task>"); }

TEST(UnregisterTask, Undo_registers_it_again_as_it_was) {
  TestVm vm;
  put_task(vm);
  vm.tasks().set_enabled(kOldTask, false);
  const auto task = vm.tasks().get(kOldTask);
  auto action = task_removal(vm);
  const Json before = as_text(action->capture(vm.machine()));
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  ASSERT_FALSE(vm.tasks().get(kOldTask));
  action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(vm.tasks().get(kOldTask), task);
  EXPECT_TRUE(action->deletes());
}

TEST(UnregisterTask, Leaves_the_traces_that_the_task_has_written) {
  TestVm vm;
  put_task(vm);
  const std::string trace = R"(C:\Windows\Logs\eBPF\ebpf_diag.etl)";
  vm.put(trace, "what led to the failure");
  auto action = task_removal(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_EQ(vm.content(trace), "what led to the failure");
}

}  // namespace

std::vector<Scenario> unregister_task_scenarios() {
  const auto put_theirs = [](TestVm& vm) { vm.tasks().put(kOldTask, "<Task>theirs</Task>"); };
  const auto is_theirs = [](TestVm& vm) {
    const auto task = vm.tasks().get(kOldTask);
    return task && task->xml.find("theirs") != std::string::npos;
  };
  return {{.name = "unregister_task_that_is_there",
           .prepare = put_task,
           .action = task_removal,
           .outlasts_a_boot = true,
           .interfere = put_theirs,
           .is_left = is_theirs},
          {.name = "unregister_task_that_is_absent",
           .prepare = [](TestVm&) {},
           .action = task_removal,
           .changes_nothing = true,
           .outlasts_a_boot = true,
           .interfere = put_theirs,
           .is_left = is_theirs}};
}

}  // namespace actions::testing
