#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/tasks/end_trace_session.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

constexpr const char* kSession = "ebpf_diag";
constexpr const char* kDefinition = "<DataCollectorSet>eBPF</DataCollectorSet>";
constexpr const char* kAnother = "<DataCollectorSet>theirs</DataCollectorSet>";

std::unique_ptr<Action> session_end(TestVm& /*vm*/) {
  return std::make_unique<tasks::EndTraceSession>(kSession);
}

void define(TestVm& vm) { vm.data_collectors().put(kSession, kDefinition); }

void trace(TestVm& vm) {
  define(vm);
  vm.data_collectors().start(kSession);
}

TEST(EndTraceSession, Ends_it_removes_its_definition_and_leaves_what_it_has_written) {
  TestVm vm;
  trace(vm);
  const std::string traced = R"(C:\Windows\Logs\eBPF\ebpf_diag.etl)";
  vm.put(traced, "what led to the failure");
  auto action = session_end(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_FALSE(vm.data_collectors().get(kSession));
  EXPECT_EQ(vm.content(traced), "what led to the failure");
  EXPECT_TRUE(action->deletes());
}

TEST(EndTraceSession, Undo_starts_it_again_after_a_boot_too) {
  TestVm vm;
  trace(vm);
  const auto earlier = vm.data_collectors().get(kSession);
  auto action = session_end(vm);
  const Json before = as_text(action->capture(vm.machine()));
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  vm.reboot();
  EXPECT_TRUE(action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs)).foreign.empty());
  EXPECT_EQ(vm.data_collectors().get(kSession), earlier);
}

TEST(EndTraceSession, Undo_starts_none_that_did_not_run) {
  TestVm vm;
  define(vm);
  auto action = session_end(vm);
  const Json before = as_text(action->capture(vm.machine()));
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  ASSERT_TRUE(vm.data_collectors().get(kSession));
  EXPECT_FALSE(vm.data_collectors().get(kSession)->running);
}

}  // namespace

std::vector<Scenario> end_trace_session_scenarios() {
  const auto put_theirs = [](TestVm& vm) { vm.data_collectors().put(kSession, kAnother); };
  const auto is_theirs = [](TestVm& vm) {
    const auto set = vm.data_collectors().get(kSession);
    return set && set->xml == kAnother;
  };
  return {{.name = "end_trace_session_that_runs",
           .prepare = trace,
           .action = session_end,
           .interfere = put_theirs,
           .is_left = is_theirs},
          {.name = "end_trace_session_that_does_not_run",
           .prepare = define,
           .action = session_end,
           .outlasts_a_boot = true,
           .interfere = put_theirs,
           .is_left = is_theirs},
          {.name = "end_trace_session_that_is_absent",
           .prepare = [](TestVm&) {},
           .action = session_end,
           .changes_nothing = true,
           .outlasts_a_boot = true,
           .interfere = put_theirs,
           .is_left = is_theirs}};
}

}  // namespace actions::testing
