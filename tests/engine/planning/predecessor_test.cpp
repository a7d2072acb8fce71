// The version that an update replaces is the PowerShell predecessor's: the journal knows nothing of
// it, its disable leaves no record, its uninstall is a foreign program in the middle.
#include <array>
#include <filesystem>
#include <optional>

#include "actions/machine/fault_observer.h"
#include "actions/machine/registry.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "engine/commands/commands.h"
#include "engine/handler/plan_command.h"
#include "engine/handler/run.h"
#include "engine/planning/plan_text.h"
#include "engine/product/meta.h"
#include "engine/transaction/session.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"
#include "tests/world/powershell_handler.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using world::Generation;
using world::leave_its_files;
using world::upgrading_key_is_there;

void powershell_disable(machine::Machine& machine) {
  world::PowerShellHandler(machine, Generation::kSecond).disable();
}

class Predecessor : public Bench {
 protected:
  explicit Predecessor(const machine::simulated::VmOptions& options = {}) : Bench(options) {}

  void SetUp() override {
    enabled();
    fs::remove_all(data(""));
    behind(leave_its_files);
    vm_.reboot();  // what is there is durable
    before_ = vm_.snapshot();
  }

  void on(const lab::Vm& vm, const std::function<void(machine::Machine&)>& what) const {
    machine::simulated::SimulatedMachine machine(vm.folder().string());
    what(machine);
  }

  // One command of an update that must succeed; what the old version does is the predecessor's.
  void call(const lab::Vm& vm, commands::Command next, Generation generation,
            const std::string& sequence = "0") const {
    if (next == commands::Command::kDisable) return on(vm, powershell_disable);
    if (next == commands::Command::kUninstall)
      return on(vm,
                [&](machine::Machine& m) { world::PowerShellHandler(m, generation).uninstall(); });
    const handler::Reply reply = vm.run(next, fresh_, nullptr, sequence);
    EXPECT_EQ(static_cast<int>(reply.code), 0) << text(reply) << vm.journal_text();
  }
  // The commands before `last`.
  void up_to(commands::Command last, Generation generation,
             const std::string& sequence = "0") const {
    for (const lab::UpdateCommand& row : lab::update_before(last))
      call(vm_, row.command, generation, sequence);
  }
  void whole(Generation generation, const std::string& sequence = "0") const {
    up_to(commands::Command::kEnable, generation, sequence);
    call(vm_, commands::Command::kEnable, generation, sequence);
  }

  // Files, registrations and running states are what they were before its disable, and it is not
  // ours.
  void expect_before(const lab::Vm& vm) const {
    EXPECT_TRUE(lab::same_machine(before_, vm.snapshot())) << vm.journal_text();
    EXPECT_FALSE(has_key(vm));
    EXPECT_EQ(settled(vm), "");
  }
  void expect_before() const { expect_before(vm_); }

  void expect_running(const lab::Vm& vm) const {
    const nlohmann::json services = vm.snapshot_json().at("services");
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"}) {
      EXPECT_EQ(services.at(name).at("state"), "running") << name << vm.journal_text();
      EXPECT_EQ(services.at(name).at("start"), "automatic") << name;
    }
    EXPECT_FALSE(has_key(vm));
    EXPECT_EQ(settled(vm), "1.1.0");
  }

  void expect_gone() const {
    const nlohmann::json found = vm_.snapshot_json();
    EXPECT_FALSE(found.at("services").contains("EbpfCore")) << vm_.journal_text();
    EXPECT_FALSE(fs::exists(installed("ebpfapi.dll")));
    EXPECT_THAT(found.at("path").dump(), testing::Not(HasSubstr("ebpf-for-windows")));
    EXPECT_FALSE(found.at("netsh").contains("ebpfnetsh"));
    EXPECT_TRUE(found.at("tasks").empty());
    EXPECT_EQ(settled(vm_), "");
    EXPECT_EQ(meta(engine::product::meta::kPreserved), "");
  }

  // The incoming package, which somebody has damaged meanwhile.
  const lab::Package& damaged() const {
    lab::write_file(fresh_.file("bin/ebpfapi.dll"), "damaged");
    return fresh_;
  }

  bool has_key(const lab::Vm& vm) const {
    bool there = false;
    on(vm, [&there](machine::Machine& m) { there = upgrading_key_is_there(m); });
    return there;
  }
  static std::string settled(const lab::Vm& vm) {
    if (!fs::exists(vm.journal_path())) return "";
    journal::Reader reader(vm.journal_path().string());
    return reader.meta(engine::product::meta::kSettledVersion).value_or("");
  }

  std::string before_;
  lab::Package fresh_ = package("1.1.0");
};

class EitherPredecessor : public Predecessor, public testing::WithParamInterface<Generation> {
 protected:
  Generation generation() const { return GetParam(); }
};
std::string generation_name(Generation generation) {
  return generation == Generation::kFirst ? "first_generation" : "second_generation";
}

TEST_P(EitherPredecessor, Is_replaced_and_enable_settles_the_update) {
  whole(generation());
  expect_running(vm_);
  EXPECT_EQ(fresh_.status(0)[0]["status"]["status"], "success");
  must(commands::Command::kEnable, fresh_);
  EXPECT_TRUE(vm_.steps(last_id()).empty()) << "enable at the next boot has nothing to do";
  EXPECT_THAT(work_folders(), testing::IsEmpty());
}

TEST_P(EitherPredecessor, Is_replaced_without_a_Task_Scheduler) {
  call(vm_, commands::Command::kDisable, generation());
  vm_.set("tasks", {"fails=2147746132"});
  must(commands::Command::kUpdate, fresh_);
  vm_.set("tasks", {"clear"});
  call(vm_, commands::Command::kUninstall, generation());
  vm_.set("tasks", {"fails=2147746132"});
  must(commands::Command::kInstall, fresh_);
  must(commands::Command::kEnable, fresh_);
  expect_running(vm_);
}

TEST_P(EitherPredecessor, Finds_the_key_from_update_until_enable) {
  call(vm_, commands::Command::kDisable, generation());
  EXPECT_FALSE(has_key(vm_));
  must(commands::Command::kUpdate, fresh_);
  EXPECT_TRUE(has_key(vm_));
  call(vm_, commands::Command::kUninstall, generation());
  must(commands::Command::kInstall, fresh_);
  EXPECT_TRUE(has_key(vm_));
  must(commands::Command::kEnable, fresh_);
  EXPECT_FALSE(has_key(vm_));
}

TEST_P(EitherPredecessor, Is_given_back_running_when_a_command_of_the_update_fails) {
  const std::vector<std::pair<commands::Command, std::string>> faults{
      {commands::Command::kUpdate, "files.copy_in#4:fail=5"},
      {commands::Command::kUpdate, "registry.set#1:fail=5"},
      {commands::Command::kInstall, "files.rename#3:fail=5"},
      {commands::Command::kEnable, "services.start#1:fail=577"},
      {commands::Command::kEnable, "services.start#3:fail=2"},
  };
  int sequence = 0;
  for (const auto& [at, fault] : faults) {
    const std::string number = std::to_string(++sequence);
    up_to(at, generation(), number);
    machine::FaultObserver observer(machine::fault_from(fault));
    const handler::Reply reply = vm_.run(at, fresh_, &observer, number);
    EXPECT_TRUE(observer.happened()) << fault;
    EXPECT_NE(reply.code, ExitCode::kSuccess) << fault;
    expect_before();
    if (HasFailure()) return;
  }
  whole(generation(), "9");
  expect_running(vm_);
}

TEST_P(EitherPredecessor, Is_given_back_by_the_next_boot_when_nobody_goes_on) {
  for (const commands::Command last :
       {commands::Command::kUninstall, commands::Command::kInstall, commands::Command::kEnable}) {
    up_to(last, generation());
    vm_.reboot();
    const handler::Reply reply = vm_.recover_abandoned();
    EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply) << vm_.journal_text();
    expect_before();
    if (HasFailure()) return;
  }
}

TEST_P(EitherPredecessor, Is_replaced_though_the_VM_boots_in_the_middle) {
  for (const lab::UpdateCommand& row : lab::kUpdateCommands) {
    call(vm_, row.command, generation());
    vm_.reboot();
  }
  expect_running(vm_);
}

// The handler dies at a call. Then the VM Agent goes on, or nobody does and the VM boots, also
// after a power cut.
TEST_P(EitherPredecessor, Killed_at_its_calls_ends_with_it_or_the_new_version_running) {
  constexpr std::int64_t kStep = 29;
  std::int64_t turn = 0;
  for (const commands::Command at :
       {commands::Command::kUpdate, commands::Command::kInstall, commands::Command::kEnable}) {
    const lab::Vm base = vm_.copy_to(folder_.path() / "base");
    for (const lab::UpdateCommand& row : lab::update_before(at))
      call(base, row.command, generation());
    machine::FaultObserver counted(std::nullopt);
    base.copy_to(folder_.path() / "case").run(at, fresh_, &counted);
    for (std::int64_t n = 1 + turn % 5; n <= counted.calls(); n += kStep, ++turn) {
      const std::string fault =
          std::to_string(n) + (turn % 2 == 0 ? ":kill-before" : ":kill-after");
      SCOPED_TRACE(std::string(commands::row(at).name) + " " + fault);
      const lab::Vm vm = base.copy_to(folder_.path() / "case");
      machine::FaultObserver observer(machine::fault_from(fault));
      vm.run_in_child(at, fresh_, &observer);
      // Before the first commit nobody but the VM Agent knows of the update.
      if (turn % 3 == 0 || !vm.last_transaction()) {
        for (const lab::UpdateCommand& row : lab::update_from(at))
          call(vm, row.command, generation());
        expect_running(vm);
      } else {
        turn % 3 == 1 ? vm.reboot() : vm.power_cut(static_cast<std::uint64_t>(turn));
        EXPECT_EQ(vm.recover_abandoned().code, ExitCode::kSuccess) << vm.journal_text();
        settled(vm).empty() ? expect_before(vm) : expect_running(vm);
      }
      if (HasFailure()) return;
    }
  }
}

TEST_P(EitherPredecessor, Nothing_of_it_is_left_once_the_new_version_is_uninstalled) {
  whole(generation());
  must(commands::Command::kDisable, fresh_);
  must(commands::Command::kUninstall, fresh_);
  expect_gone();
}

INSTANTIATE_TEST_SUITE_P(Generations, EitherPredecessor,
                         testing::Values(Generation::kFirst, Generation::kSecond),
                         [](const auto& tested) { return generation_name(tested.param); });

TEST_F(Predecessor, A_refused_update_gives_it_back_running) {
  call(vm_, commands::Command::kDisable, Generation::kSecond);
  fails(commands::Command::kUpdate, ExitCode::kDowngradeRefused, package("0.10.0"));
  expect_before();

  call(vm_, commands::Command::kDisable, Generation::kSecond);
  fails(commands::Command::kUpdate, ExitCode::kPackageDamaged, damaged());
  expect_before();
}

TEST_F(Predecessor, A_policy_that_forbids_the_update_gives_it_back_running) {
  behind([](machine::Machine& m) {
    m.registry().set(R"(HKLM\Software\eBPF)", "EbpfDisableRuntimeUpdate",
                     {machine::RegistryType::kDword, "1"});
  });
  before_ = vm_.snapshot();
  call(vm_, commands::Command::kDisable, Generation::kFirst);
  fails(commands::Command::kUpdate, ExitCode::kRefusedByPolicy, fresh_);
  expect_before();
}

TEST_F(Predecessor, A_refusal_while_it_runs_touches_nothing) {
  refuses(commands::Command::kUpdate, ExitCode::kDowngradeRefused, "0.10.0", package("0.10.0"));
  EXPECT_EQ(outcome(), "refused");
  expect_before();
}

// The VM Agent does not always call disable, and the uninstall of the first generation stops what
// it removes.
TEST_F(Predecessor, That_ran_when_update_came_runs_again_after_its_own_uninstall) {
  must(commands::Command::kUpdate, fresh_);
  EXPECT_EQ(state("EbpfCore"), "running");
  call(vm_, commands::Command::kUninstall, Generation::kFirst);
  must(commands::Command::kInstall, fresh_);
  EXPECT_NE(with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_).code,
            ExitCode::kSuccess);
  expect_before();
}

TEST_F(Predecessor, Whose_disable_was_killed_half_way_is_automatic_and_running_again) {
  behind([](machine::Machine& m) {
    auto config = m.services().config("EbpfCore");
    config->start = machine::StartType::kDisabled;
    m.services().change("EbpfCore", *config);
  });
  must(commands::Command::kUpdate, fresh_);
  call(vm_, commands::Command::kUninstall, Generation::kFirst);
  must(commands::Command::kInstall, fresh_);
  EXPECT_NE(with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_).code,
            ExitCode::kSuccess);
  expect_before();
}

TEST_F(Predecessor, Of_the_same_version_is_taken_over) {
  const lab::Package same{folder_.path() / "extension-same", "1.0.0"};
  call(vm_, commands::Command::kDisable, Generation::kFirst);
  must(commands::Command::kUpdate, same);
  call(vm_, commands::Command::kUninstall, Generation::kFirst);
  must(commands::Command::kInstall, same);
  must(commands::Command::kEnable, same);
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_EQ(start_type("EbpfCore"), "automatic");
  EXPECT_EQ(settled(vm_), "1.0.0");
}

TEST_F(Predecessor, An_update_that_is_repeated_joins_and_has_nothing_to_do) {
  call(vm_, commands::Command::kDisable, Generation::kFirst);
  must(commands::Command::kUpdate, fresh_);
  must(commands::Command::kUpdate, fresh_);
  EXPECT_TRUE(kinds(last_id()).empty());
  fails(commands::Command::kInstall, ExitCode::kPackageDamaged, damaged());
  expect_before();
}

TEST_F(Predecessor, Enable_after_a_failed_update_repeats_the_failure_over_the_running_one) {
  up_to(commands::Command::kEnable, Generation::kFirst);
  EXPECT_EQ(with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_).code,
            ExitCode::kStartDriver);
  fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  expect_before();
}

TEST_F(Predecessor, An_update_to_another_package_gives_it_back_first) {
  up_to(commands::Command::kInstall, Generation::kFirst);
  const lab::Package same{folder_.path() / "extension-same", "1.0.0"};
  must(commands::Command::kUpdate, same);
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_TRUE(has_key(vm_));
}

TEST_F(Predecessor, That_was_given_back_goes_with_our_uninstall) {
  up_to(commands::Command::kEnable, Generation::kFirst);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_);
  expect_before();
  must(commands::Command::kDisable, fresh_);
  EXPECT_EQ(state("EbpfCore"), "stopped");
  must(commands::Command::kUninstall, fresh_);
  expect_gone();
}

TEST_F(Predecessor, Uninstall_in_the_open_update_removes_it_too) {
  up_to(commands::Command::kEnable, Generation::kFirst);
  must(commands::Command::kDisable, fresh_);
  must(commands::Command::kUninstall, fresh_);
  expect_gone();
}

TEST_F(Predecessor, Plan_update_shows_what_is_inherited_and_preserved) {
  call(vm_, commands::Command::kDisable, Generation::kFirst);
  const std::string stopped = vm_.snapshot();
  machine::simulated::SimulatedMachine machine(vm_.folder().string());
  handler::Request request = lab::Vm::request(commands::Command::kUpdate, fresh_);
  const planning::PlanText shown = handler::show_plan(machine, request);
  for (const char* words :
       {"Set the start type of EbpfCore to disabled", "Stop GuestProxyAgent", "Arm the recovery",
        "Preserve the installation in C:\\Program Files", "EbpfUpgrading", "is not ours"})
    EXPECT_THAT(shown.text, HasSubstr(words));
  EXPECT_TRUE(lab::same_machine(stopped, vm_.snapshot()));
}

class ProxyDisabledUnderPredecessor : public Predecessor {
 protected:
  void SetUp() override {
    Predecessor::SetUp();
    behind([](machine::Machine& m) {
      powershell_disable(m);
      auto config = m.services().config("GuestProxyAgent");
      config->start = machine::StartType::kDisabled;
      m.services().change("GuestProxyAgent", *config);
    });
  }
};

TEST_F(ProxyDisabledUnderPredecessor, Is_left_stopped_by_an_undone_update) {
  must(commands::Command::kUpdate, fresh_);
  call(vm_, commands::Command::kUninstall, Generation::kFirst);
  fails(commands::Command::kInstall, ExitCode::kPackageDamaged, damaged());
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_EQ(state("GuestProxyAgent"), "stopped");
  EXPECT_EQ(start_type("GuestProxyAgent"), "disabled");
}

}  // namespace
}  // namespace engine
