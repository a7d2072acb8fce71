// `setup` where the journal does not say who else wants eBPF: it was set aside, or what is there is
// the PowerShell handler's.
#include <filesystem>

#include "tests/engine/setup_bench.h"
#include "tests/lab/past_triggers.h"
#include "tests/world/powershell_handler.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using commands::Command;
using testing::HasSubstr;

class Beside : public SetupBench {
 protected:
  void vm_agent_installs(const lab::Package& package) const {
    must(Command::kInstall, package);
    must(Command::kEnable, package);
    let_proxy_depend();
  }
  // The row of a file of ours is not what was written.
  void damage_journal() const {
    lab::change_past_triggers(
        vm_.journal_path().string(),
        "UPDATE owned SET name = replace(name, 'ebpfapi', 'ebpfapj') WHERE name LIKE "
        "'%ebpfapi.dll'");
  }
};

TEST_F(Beside, Of_a_damaged_journal_setup_uninstall_leaves_what_the_VM_Agent_wants) {
  vm_agent_installs(package_);
  setup(Command::kSetupInstall);
  damage_journal();
  EXPECT_THAT(text(setup_changes_nothing(Command::kSetupUninstall, source_, ExitCode::kSuccess)),
              HasSubstr("the VM Agent wants it too"));
  EXPECT_EQ(journals_set_aside(), 1);
  must(Command::kEnable);
  must(Command::kDisable);
  must(Command::kUninstall);
  expect_gone();
}

TEST_F(Beside, Killed_as_it_sets_the_journal_aside_it_still_knows_who_wants_eBPF) {
  setup(Command::kSetupInstall);
  vm_agent_installs(package_);
  damage_journal();
  killed(Command::kDisable, "journal.commit#1:kill-after");
  ASSERT_EQ(journals_set_aside(), 1);
  const std::string before = vm_.snapshot();
  EXPECT_THAT(text(must(Command::kUninstall)), HasSubstr("`setup` wants it too"));
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

// A backup from the middle of an update is put back once the update is finished.
class OlderJournal : public Beside {
 protected:
  void SetUp() override {
    vm_agent_installs(oldest_);
    setup(Command::kSetupInstall, oldest_);
    must(lab::UpdateSequence(oldest_, package_).before(Command::kEnable));
    killed(Command::kEnable, "services.start#2:kill-after");
    fs::copy(data(""), folder_.path() / "backup", fs::copy_options::recursive);
    must(Command::kEnable);
    fs::remove_all(data(""));
    fs::copy(folder_.path() / "backup", data(""), fs::copy_options::recursive);
  }
  lab::Package oldest_ = package("0.21.0");
};

TEST_F(OlderJournal, The_VM_Agents_uninstall_leaves_what_setup_wants) {
  const std::string before = vm_.snapshot();
  EXPECT_THAT(text(must(Command::kUninstall)), HasSubstr("`setup` wants it too"));
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(journals_set_aside(), 1);
}

TEST_F(OlderJournal, The_uninstall_of_setup_leaves_what_the_VM_Agent_wants) {
  EXPECT_THAT(text(setup_changes_nothing(Command::kSetupUninstall, source_, ExitCode::kSuccess)),
              HasSubstr("the VM Agent wants it too"));
  EXPECT_EQ(journals_set_aside(), 1);
}

TEST_F(Beside, Its_uninstall_leaves_the_PowerShell_handlers_eBPF_that_an_update_gave_back) {
  vm_agent_installs(package_);
  fs::remove_all(data(""));  // what is there is the PowerShell handler's
  behind(world::leave_its_files);
  vm_.reboot();
  const std::string before = vm_.snapshot();
  const lab::Package newer = package("1.1.0");
  const auto powershell = [this](const std::string& command) {
    behind([&command](machine::Machine& machine) {
      world::PowerShellHandler(machine, world::Generation::kSecond).run(command);
    });
  };
  powershell("disable");
  must(Command::kUpdate, newer);
  powershell("uninstall");
  must(Command::kInstall, newer);
  with_fault(Command::kEnable, "services.start#2:fail=577", newer);
  ASSERT_TRUE(lab::same_machine(before, vm_.snapshot())) << vm_.journal_text();
  EXPECT_THAT(text(setup_changes_nothing(Command::kSetupUninstall, source_, ExitCode::kSuccess)),
              HasSubstr("the VM Agent wants it too"));
}

}  // namespace
}  // namespace engine
