#pragma once

#include <csignal>

#include "actions/machine/fault_observer.h"
#include "engine/commands/commands.h"
#include "tests/faults/cases.h"
#include "tests/faults/scenario.h"

namespace faults {

// For each scenario: one run of its command tells the calls, and what a process leaves that dies
// anywhere in it. Each distinct machine among these is then lived.
class Matrix : public testing::TestWithParam<Scenario> {
 protected:
  // A dead process; the next command recovers.
  static void pass_kills() {
    Stage stage(GetParam());
    Tally tally(GetParam().name);
    const std::int64_t cases = live_each(stage.film().shots(), [&](const Shot& shot) {
      stage.develop(shot);
      stage.recover(shot.points.front());
      stage.check(shot.points.front(), true);
    });
    told(tally, stage, cases, "kills");
  }

  // The power goes at that moment: what Windows had called done and was not flushed is lost, all,
  // nothing or a part of it; then the boot starts what is automatic before recovery inspects it.
  static void pass_power_cuts() {
    Stage stage(GetParam());
    Tally tally(GetParam().name);
    Choice choice;
    Seen seen;
    std::int64_t cuts = 0;
    std::int64_t cases = 0;
    const char* only = std::getenv("EBPF_SEED");
    for (const Shot& shot : stage.film().shots()) {
      if (!goes_on()) break;
      if (!choice.takes(shot.points)) continue;
      constexpr std::uint64_t kAll = 0;
      constexpr std::uint64_t kNothing = 1;
      const auto a_part = 2 + static_cast<std::uint64_t>(cuts);
      for (const std::uint64_t turn : {kAll, kNothing, a_part}) {
        if (turn != kNothing && !shot.photograph.has_unsynced()) continue;
        const std::uint64_t seed = only == nullptr ? turn : std::stoull(only);
        ++cuts;
        stage.cut_power(shot, seed);
        if (!seen.is_new(stage.photograph())) continue;
        const std::string fault = shot.points.front() + " EBPF_SEED=" + std::to_string(seed);
        EXPECT_LE(running_versions(stage.vm()).size(), 1U) << "at the boot\n" << stage.told(fault);
        stage.recover(fault);
        stage.check_booted(fault);
        ++cases;
      }
    }
    tally.add("power cuts", cuts);
    told(tally, stage, cases, "booted machines");
  }

  // The machine's answer is a failure. `everywhere`: all kinds at every call, else those that can
  // differ: a failure after the call only where the call did something.
  static void pass_failures(bool everywhere) {
    pass({"fail=5"}, {"fail-after=5"}, everywhere, "failures");
  }
  // One call that ends too late, and a machine that is slow from there on.
  static void pass_hangs(bool everywhere) { pass({}, {"takes=70", "slow=1"}, everywhere, "hangs"); }

 private:
  static void told(Tally& tally, const Stage& stage, std::int64_t cases, const char* what) {
    EXPECT_GT(cases, 0);
    tally.add("calls", stage.film().calls());
    tally.add("points", stage.film().points());
    tally.add("distinct machines", static_cast<std::int64_t>(stage.film().shots().size()));
    tally.add(what, cases);
  }

  static void pass(const std::vector<std::string>& always,
                   const std::vector<std::string>& where_it_matters, bool everywhere,
                   const char* what) {
    Stage stage(GetParam());
    Tally tally(GetParam().name);
    Choice choice;
    std::int64_t cases = 0;
    const auto run_at = [&](std::int64_t call, const std::string& kind) {
      const std::string fault = std::to_string(call) + ":" + kind;
      if (!goes_on() || !choice.takes(fault)) return;
      run(stage, fault);
      ++cases;
    };
    for (std::int64_t call = 1; call <= stage.film().calls(); ++call) {
      for (const std::string& kind : always)
        run_at(call, kind);
      if (!everywhere && !stage.film().matters(call)) continue;
      for (const std::string& kind : where_it_matters)
        run_at(call, kind);
    }
    EXPECT_GT(cases, 0);
    tally.add("calls", stage.film().calls());
    tally.add("calls that throw by themselves", stage.film().throwing_calls());
    tally.add(what, cases);
  }

  static void run(Stage& stage, const std::string& fault) {
    stage.reset();
    const lab::Vm& vm = stage.vm();
    machine::FaultObserver observer(machine::fault_from(fault));
    const std::int64_t begun = vm.clock_ms();
    const int code =
        static_cast<int>(vm.run(stage.scenario().command, stage.package(), &observer).code);
    EXPECT_LT(vm.clock_ms() - begun,
              engine::commands::row(stage.scenario().command).vm_agent_limit_ms)
        << "the VM Agent would have killed it\n"
        << stage.told(fault);
    stage.check_code(fault, code);
    if (stage.check(fault, false)) return;
    stage.recover(fault);
    stage.check(fault, true);
  }
};

inline const auto kScenarios = testing::ValuesIn(scenarios().begin(), scenarios().end());
inline const auto kScenarioName = [](const auto& row) { return row.param.name; };

}  // namespace faults
