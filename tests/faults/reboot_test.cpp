#include <gtest/gtest.h>

#include "actions/machine/machine.h"
#include "actions/machine/tasks.h"
#include "engine/commands/commands.h"
#include "engine/product/places.h"
#include "tests/faults/cases.h"
#include "tests/faults/scenario.h"

// Killed, then the VM restarts: the boot starts what is automatic before recovery
// inspects the machine.

namespace faults {
namespace {

using engine::commands::Command;

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

  static void run(Stage& stage, const Shot& shot) {
    const std::string& fault = shot.points.front();
    const lab::Vm& vm = stage.vm();
    stage.develop(shot);
    vm.reboot();
    stage.recover(fault);
    const std::string told = stage.told(fault + ", restart");
    EXPECT_EQ(vm.snapshot_json().at("services").at("GuestProxyAgent").at("state"), "running")
        << told;
    for (const journal::Transaction& transaction : vm.transactions()) {
      const std::string_view outcome = journal::outcome(transaction);
      EXPECT_TRUE(outcome == "committed" || outcome == "recovered-before") << outcome << "\n"
                                                                           << told;
    }
    const engine::handler::Reply enable = vm.run(Command::kEnable, stage.package());
    EXPECT_EQ(static_cast<int>(enable.code), 0) << enable.lines.front() << "\n" << told;
    expect_running(vm, stage.told(fault + ", restart, enable"));
  }
};

TEST_P(Restarted, Killed_anywhere_and_booted_the_machine_recovers_and_enable_makes_it_run) {
  Stage stage(GetParam());
  Tally tally(GetParam().name);
  const std::int64_t cases =
      live_each(stage.film().shots(), [&](const Shot& shot) { run(stage, shot); });
  EXPECT_GT(cases, 0);
  tally.add("restarts", cases);
}

INSTANTIATE_TEST_SUITE_P(Every, Restarted,
                         testing::ValuesIn(scenarios_of_a_restart().begin(),
                                           scenarios_of_a_restart().end()),
                         [](const auto& row) { return row.param.name; });

// Nobody comes but the recovery task, where there is one.
class BootedAlone : public testing::TestWithParam<Scenario> {
 protected:
  static void run(Stage& stage, const Shot& shot) {
    const lab::Vm& vm = stage.vm();
    stage.develop(shot);
    vm.reboot();
    const bool recovers = vm.machine()->tasks().get(engine::product::kRecoveryTask).has_value();
    if (recovers) vm.recover_abandoned();
    const nlohmann::json tasks = vm.snapshot_json().at("tasks");
    for (const auto& [name, task] : tasks.items())
      EXPECT_TRUE(task.at("enabled").get<bool>()) << name << "\n"
                                                  << stage.told(shot.points.front());
  }
};

TEST_P(BootedAlone, Killed_anywhere_and_booted_no_tracing_task_stays_off) {
  Stage stage(GetParam());
  Tally tally(GetParam().name);
  const std::int64_t cases =
      live_each(stage.film().shots(), [&](const Shot& shot) { run(stage, shot); });
  EXPECT_GT(cases, 0);
  tally.add("boots", cases);
}

INSTANTIATE_TEST_SUITE_P(Every, BootedAlone,
                         testing::ValuesIn(scenarios().begin(), scenarios().end()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
