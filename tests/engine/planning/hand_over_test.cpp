// The VM Agent downgrades to the PowerShell handler: it calls our update and our uninstall, and the
// other handler's enable.
#include <algorithm>

#include "actions/machine/fault_observer.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "tests/engine/planning/hand_over_bench.h"

namespace engine {
namespace {

using world::UpdateMode;
using Command = commands::Command;

struct Downward {
  std::string version;
  UpdateMode mode;
};

class HandOverDown : public HandOver, public testing::WithParamInterface<Downward> {};

// F-19
TEST_P(HandOverDown, Leaves_its_version_running_an_hour_and_a_boot_later) {
  hand_over(GetParam().version, GetParam().mode);
  expect_stays_handed_over(vm_, GetParam().version);
}

TEST_P(HandOverDown, And_back_again) {
  hand_over(GetParam().version, GetParam().mode);
  const lab::Package fresh = package("1.1.0");
  EXPECT_EQ(play(vm_, beside(GetParam().version), "disable"), 0);
  must(Command::kUpdate, fresh);
  EXPECT_EQ(play(vm_, beside(GetParam().version), "uninstall"), 0);
  must(Command::kInstall, fresh);
  must(Command::kEnable, fresh);
  expect_runs(vm_, "1.1.0");
  EXPECT_EQ(settled(vm_), "1.1.0");
  EXPECT_FALSE(has_key(vm_));
  EXPECT_FALSE(has_task(vm_));
}

INSTANTIATE_TEST_SUITE_P(Versions, HandOverDown,
                         testing::Values(Downward{"0.9.1", UpdateMode::kWithInstall},
                                         Downward{"0.9.1", UpdateMode::kWithoutInstall},
                                         Downward{"0.21.0", UpdateMode::kWithInstall},
                                         Downward{"0.21.0", UpdateMode::kWithoutInstall}),
                         [](const auto& tested) {
                           std::string name = tested.param.version;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return "to_" + name +
                                  (tested.param.mode == UpdateMode::kWithInstall
                                       ? "_with_install"
                                       : "_without_install");
                         });

TEST_F(HandOver, That_nobody_goes_on_with_is_undone_and_the_old_version_runs) {
  powershell("0.21.0");
  must(Command::kDisable);
  must_update("0.21.0");
  vm_.reboot();
  task_runs(vm_);
  expect_before(vm_);
}

TEST_F(HandOver, The_VM_Agent_that_dies_behind_a_command_makes_its_calls_again) {
  powershell("0.21.0");
  must(Command::kDisable);
  must(Command::kDisable);
  must_update("0.21.0");
  must_update("0.21.0");
  must(Command::kUninstall);
  must_update("0.21.0");
  finish(vm_, "0.21.0", UpdateMode::kWithoutInstall);
  expect_stays_handed_over(vm_, "0.21.0");
}

// It begins anew where disable is due, too.
TEST_F(HandOver, Whose_whole_update_is_called_again_is_still_one) {
  powershell("0.21.0");
  must(Command::kDisable);
  must_update("0.21.0");
  must(Command::kDisable);
  must_update("0.21.0");
  finish(vm_, "0.21.0", UpdateMode::kWithoutInstall);
  expect_stays_handed_over(vm_, "0.21.0");
}

TEST_F(HandOver, The_VM_boots_between_its_commands) {
  powershell("0.21.0");
  must(Command::kDisable);
  vm_.reboot();
  must_update("0.21.0");
  vm_.reboot();
  finish(vm_, "0.21.0", UpdateMode::kWithoutInstall);
  expect_stays_handed_over(vm_, "0.21.0");
}

TEST_F(HandOver, The_extension_removed_in_its_middle_leaves_nothing) {
  powershell("0.21.0");
  must(Command::kDisable);
  must_update("0.21.0");
  must(Command::kDisable);
  must(Command::kUninstall);
  EXPECT_TRUE(service("EbpfCore").empty()) << vm_.journal_text();
  EXPECT_FALSE(has(""));
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  EXPECT_FALSE(has_task(vm_));
}

TEST_F(HandOver, Our_enable_in_its_middle_brings_the_old_version_back) {
  powershell("0.21.0");
  must(Command::kDisable);
  must_update("0.21.0");
  must(Command::kEnable);
  expect_before(vm_);
}

TEST_F(HandOver, Whose_version_does_not_start_is_undone_as_a_whole) {
  powershell("0.21.0");
  must(Command::kDisable);
  must_update("0.21.0");
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=0.21.0"});
  fails(Command::kUninstall, ExitCode::kStartDriver);
  vm_.set("service:NetEbpfExt", {"clear"});
  expect_before(vm_);
}

TEST_F(HandOver, A_service_that_somebody_takes_away_in_its_middle_is_missed_by_its_last_look) {
  powershell("0.21.0");
  must(Command::kDisable);
  must_update("0.21.0");
  behind([](machine::Machine& m) { m.services().remove("NetEbpfExt"); });
  EXPECT_NE(vm_.run(Command::kUninstall, package_).code, ExitCode::kSuccess);
  EXPECT_EQ(settled(vm_), "1.0.0") << vm_.journal_text();
  must(Command::kEnable);  // it registers what is missing
  expect_all_running();
}

TEST_F(HandOver, Of_a_proxy_that_its_owner_disabled_leaves_it_so) {
  behind([](machine::Machine& m) {
    m.services().stop("GuestProxyAgent");
    m.system().wait_ms(kMinuteMs);
    auto config = m.services().config("GuestProxyAgent");
    config->start = machine::StartType::kDisabled;
    m.services().change("GuestProxyAgent", *config);
  });
  hand_over("0.21.0");
  EXPECT_EQ(state("GuestProxyAgent"), "stopped");
  EXPECT_EQ(start_type("GuestProxyAgent"), "disabled");
  EXPECT_EQ(state("NetEbpfExt"), "running");
}

// Something happens at a call of ours, in update or in uninstall.
class HandOverMeddled : public HandOver {
 protected:
  // Tries each `step`th call: `live(vm, request, turn, "17")` on a machine that is about to get it.
  template <class Live>
  void at_calls(std::int64_t step, const Live& live) const {
    powershell("0.21.0");
    std::int64_t turn = 0;
    for (const Command at : {Command::kUpdate, Command::kUninstall}) {
      const lab::Vm base = vm_.copy_to(folder_.path() / "base");
      lab::must(base, Command::kDisable, package_);
      if (at == Command::kUninstall) update(base, "0.21.0");
      const handler::Request request = at == Command::kUpdate
                                           ? update_to("0.21.0")
                                           : lab::Vm::request(Command::kUninstall, package_);
      machine::FaultObserver counted(std::nullopt);
      base.copy_to(folder_.path() / "case").run(request, &counted);
      for (std::int64_t n = 1 + turn % 5; n <= counted.calls(); n += step, ++turn) {
        SCOPED_TRACE(std::string(commands::row(at).name) + ", call " + std::to_string(n));
        live(base.copy_to(folder_.path() / "case"), request, turn, std::to_string(n));
        if (HasFailure()) return;
      }
    }
  }
  void expect_one_of_the_two(const lab::Vm& vm) const {
    settled(vm).empty() ? expect_handed_over(vm, "0.21.0") : expect_before(vm);
  }
};

// Then the VM Agent makes its calls again, or nobody does and the VM boots, also after a power cut.
TEST_F(HandOverMeddled, Killed_at_its_calls_ends_with_one_of_the_two_versions_running) {
  constexpr std::int64_t kStep = 17;
  at_calls(kStep, [this](const lab::Vm& vm, const handler::Request& request, std::int64_t turn,
                         const std::string& call) {
    machine::FaultObserver observer(
        machine::fault_from(call + (turn % 2 == 0 ? ":kill-before" : ":kill-after")));
    vm.run_in_child(request, &observer);
    if (turn % 3 == 0) {
      EXPECT_EQ(update(vm, "0.21.0").code, ExitCode::kSuccess) << vm.journal_text();
      finish(vm, "0.21.0", UpdateMode::kWithoutInstall);
      expect_handed_over(vm, "0.21.0");
      return;
    }
    turn % 3 == 1 ? vm.reboot() : vm.power_cut(static_cast<std::uint64_t>(turn));
    task_runs(vm);
    expect_one_of_the_two(vm);
  });
}

// A command that fails has given the old version back; where what failed is best effort, the VM
// Agent goes on.
TEST_F(HandOverMeddled, With_a_call_that_fails_ends_with_one_of_the_two_versions_running) {
  constexpr std::int64_t kStep = 17;
  at_calls(kStep, [this](const lab::Vm& vm, const handler::Request& request, std::int64_t turn,
                         const std::string& call) {
    machine::FaultObserver observer(
        machine::fault_from(call + (turn % 2 == 0 ? ":fail=5" : ":fail-after=5")));
    const handler::Reply reply = vm.run(request, &observer);
    if (reply.code == ExitCode::kSuccess && request.command == Command::kUpdate)
      finish(vm, "0.21.0", UpdateMode::kWithoutInstall);
    task_runs(vm);
    EXPECT_EQ(settled(vm).empty(), reply.code == ExitCode::kSuccess) << text(reply);
    expect_one_of_the_two(vm);
  });
}

}  // namespace
}  // namespace engine
