#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <iostream>

#include "actions/machine/fault_tap.h"
#include "tests/faults/scenario.h"
#include "tests/faults/stopwatch.h"

// The power goes at a call: what Windows had called done and was not flushed is lost, all, nothing
// or a part of it; then the boot starts what is automatic before recovery has a look.

namespace faults {

class PowerLost : public testing::TestWithParam<Scenario> {
 protected:
  static void run(Stage& stage, const std::string& fault, std::uint64_t seed) {
    const lab::Vm vm = stage.fresh_copy();
    machine::FaultTap tap(machine::fault_from(fault));
    ASSERT_EQ(vm.run_in_child(stage.scenario().command, stage.package(), &tap), -SIGKILL)
        << stage.told(vm, fault);
    vm.power_cut(seed);
    const std::string what = fault + " EBPF_SEED=" + std::to_string(seed);
    stage.recover(vm, what);
    stage.check_booted(vm, what);
  }

  // Every `step`th call; above 1 seeds and sides take turns, else each call has all of them.
  static void pass(std::int64_t step) {
    Stage stage(GetParam());
    const Stopwatch stopwatch;
    if (const char* only = std::getenv("EBPF_FAULT")) {
      const char* seed = std::getenv("EBPF_SEED");
      return run(stage, only, seed == nullptr ? 0 : std::stoull(seed));
    }
    std::int64_t cases = 0;
    std::uint64_t turn = 0;
    for (std::int64_t call = 1; call <= stage.calls() && goes_on(); call += step, ++turn) {
      constexpr std::uint64_t kPrime = 7919;
      const std::uint64_t seeds[] = {0, 2 + turn * kPrime, 1};
      for (std::uint64_t i = 0; i < 6; ++i) {
        if (step > 1 && i != turn % 6) continue;
        const bool after = i % 2 == 1 && !stage.throws(call);
        run(stage, std::to_string(call) + (after ? ":kill-after" : ":kill-before"), seeds[i % 3]);
        ++cases;
      }
    }
    EXPECT_GT(cases, 0);
    std::cout << "[ matrix   ] " << GetParam().name << ": " << stage.calls() << " calls, " << cases
              << " power cuts, " << stopwatch.seconds() << " s\n";
  }
};

}  // namespace faults
