#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "actions/machine/fault_tap.h"
#include "tests/faults/scenario.h"
#include "tests/faults/stopwatch.h"

// For each scenario: a clean run tells the calls; then one run per call and kind of fault, in a
// forked process, each on a fresh copy of the machine. EBPF_FAULT=17:fail=5 runs that one only.

namespace faults {
namespace {

class Matrix : public testing::TestWithParam<Scenario> {
 protected:
  void run(Stage& stage, const std::string& fault) {
    const lab::Vm vm = stage.fresh_copy();
    const auto parsed = machine::fault_from(fault);
    machine::FaultTap tap(parsed);
    const std::int64_t begun = vm.clock_ms();
    const int code = vm.run_in_child(stage.scenario().command, stage.package(), &tap);
    EXPECT_LT(vm.clock_ms() - begun, engine::row(stage.scenario().command).agent_limit_ms)
        << "the agent would have killed it\n"
        << stage.told(vm, fault);
    // Then the command ends as in the clean run.
    const bool unreached =
        parsed->kind == machine::Fault::Kind::kKillAfter && stage.throws(parsed->number);
    const bool killed = fault.find("kill") != std::string::npos && !unreached;
    EXPECT_EQ(code == -SIGKILL, killed) << stage.told(vm, fault);
    if (unreached) {
      EXPECT_EQ(code, stage.clean_code()) << stage.told(vm, fault);
    }
    if (!killed) stage.check_code(vm, fault, code);
    if (!killed && stage.check(vm, fault, false)) return;
    stage.recover(vm, fault);
    stage.check(vm, fault, true);
  }

  // Every `step`th call with each kind; ends at the first case that fails: one is enough to mend.
  void pass(const std::vector<std::string>& kinds, const std::string& what, std::int64_t step = 1) {
    Stage stage(GetParam());
    const Stopwatch stopwatch;
    if (const char* only = std::getenv("EBPF_FAULT")) return run(stage, only);
    std::int64_t cases = 0;
    for (std::int64_t call = 1; call <= stage.calls() && goes_on(); call += step) {
      for (const std::string& kind : kinds) {
        run(stage, std::to_string(call) + ":" + kind);
        ++cases;
      }
    }
    EXPECT_GT(cases, 0);
    std::cout << "[ matrix   ] " << GetParam().name << ": " << stage.calls() << " calls, " << cases
              << " " << what << ", " << stage.throwing_calls() << " calls throw by themselves, "
              << stopwatch.seconds() << " s\n";
  }
};

TEST_P(Matrix, Killed_at_every_call_recovers_to_what_the_journal_names) {
  pass({"kill-before", "kill-after"}, "kills");
}

TEST_P(Matrix, A_failure_of_any_single_call_leaves_what_the_journal_names) {
  pass({"fail=5", "fail-after=5"}, "failures");
}

// One that ends: the call takes longer than any step may. And a machine that is slow from there on.
TEST_P(Matrix, A_hang_at_its_calls_ends_by_itself_before_the_agents_limit) {
  pass({"takes=70", "slow=1"}, "hangs", 23);
}

INSTANTIATE_TEST_SUITE_P(Every, Matrix, testing::ValuesIn(scenarios().begin(), scenarios().end()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
