#include <gtest/gtest.h>

#include <csignal>
#include <iostream>

#include "actions/machine/fault_tap.h"
#include "tests/faults/scenario.h"

// Killed after a call, then the VM restarts: the boot starts what is automatic before recovery has
// a look.

namespace faults {
namespace {

using engine::Command;

class Restarted : public testing::TestWithParam<Scenario> {
 protected:
  // Everything of the settled version, and GuestProxyAgent.
  static void expect_running(const lab::Vm& vm, const std::string& told) {
    const auto services = vm.snapshot_json().at("services");
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"}) {
      ASSERT_TRUE(services.contains(name)) << name << "\n" << told;
      EXPECT_EQ(services.at(name).at("state"), "running") << name << "\n" << told;
      EXPECT_EQ(services.at(name).at("start"), "automatic") << name << "\n" << told;
    }
  }

  static void run(Stage& stage, std::int64_t call) {
    const std::string fault = std::to_string(call) + ":kill-after";
    const lab::Vm vm = stage.fresh_copy();
    machine::FaultTap tap(machine::fault_from(fault));
    ASSERT_EQ(vm.run_in_child(stage.scenario().command, stage.package(), &tap), -SIGKILL)
        << stage.told(vm, fault);
    vm.reboot();
    stage.recover(vm, fault);
    const std::string told = stage.told(vm, fault + ", restart");
    EXPECT_EQ(vm.snapshot_json().at("services").at("GuestProxyAgent").at("state"), "running")
        << told;
    for (const journal::Transaction& transaction : vm.transactions()) {
      const std::string_view outcome = journal::outcome(transaction);
      EXPECT_TRUE(outcome == "committed" || outcome == "recovered-before") << outcome << "\n"
                                                                           << told;
    }
    const engine::Reply enable = vm.run(Command::kEnable, stage.package());
    EXPECT_EQ(static_cast<int>(enable.code), 0) << enable.lines.front() << "\n" << told;
    expect_running(vm, stage.told(vm, fault + ", restart, enable"));
  }
};

TEST_P(Restarted, Killed_at_a_call_and_booted_the_machine_recovers_and_enable_makes_it_run) {
  Stage stage(GetParam());
  // A repair makes many more calls.
  const std::int64_t stride = GetParam().command == Command::kEnable ? 1 : 3;
  std::int64_t cases = 0;
  for (std::int64_t call = 1; call <= stage.calls() && !HasFailure(); call += stride) {
    if (stage.throws(call)) continue;
    run(stage, call);
    ++cases;
  }
  EXPECT_GT(cases, stage.calls() / stride / 2);
  std::cout << "[ matrix   ] " << GetParam().name << ": " << cases << " restarts\n";
}

INSTANTIATE_TEST_SUITE_P(Every, Restarted,
                         testing::ValuesIn(scenarios_of_a_restart().begin(),
                                           scenarios_of_a_restart().end()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
