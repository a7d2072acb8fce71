// What a hand-over to the PowerShell handler finds: its package, and its key.
#include <filesystem>

#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "tests/engine/planning/hand_over_bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using world::UpdateMode;
using Command = commands::Command;

// The version to come, as its own folder has it.

TEST_F(HandOver, A_payload_in_another_layout_is_found) {
  const fs::path folder = powershell("0.21.0");
  fs::create_directories(folder / "bin");
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name != "bin" && name != "scripts" && name != "HandlerManifest.json")
      fs::rename(entry.path(), folder / "bin" / name);
  }
  must(Command::kDisable);
  must_update("0.21.0");
  finish(vm_, "0.21.0", UpdateMode::kWithoutInstall);
  expect_stays_handed_over(vm_, "0.21.0");
}

TEST_F(HandOver, The_VM_Agents_own_files_in_its_folder_are_no_payload) {
  const fs::path folder = powershell("0.21.0");
  lab::write_file(folder / "HandlerEnvironment.json", "[{}]");
  fs::create_directories(folder / "Status");
  lab::write_file(folder / "Status" / "0.status", "[]");
  must(Command::kDisable);
  must_update("0.21.0");
  must(Command::kUninstall);
  for (const char* name : {"HandlerEnvironment.json", "HandlerManifest.json", "scripts", "Status"})
    EXPECT_FALSE(has(name)) << name;
}

TEST_F(HandOver, A_package_half_deleted_is_refused_and_all_runs_as_before) {
  for (const char* missing : {"drivers", "drivers/NetEbpfExt.sys", "ebpfapi.dll"}) {
    const fs::path folder = powershell("0.21.0");
    ASSERT_NE(fs::remove_all(folder / missing), 0U) << missing;
    const handler::Reply reply = expect_refused("0.21.0", ExitCode::kPackageDamaged);
    EXPECT_THAT(text(reply), HasSubstr("handing eBPF over to handler 0.21.0.1")) << missing;
    EXPECT_THAT(text(reply), Not(HasSubstr("sequence number; until then enable")));
    if (HasFailure()) return;
  }
}

TEST_F(HandOver, A_package_with_another_versions_drivers_is_refused) {
  world::make_powershell_package(beside("0.21.0"), payload("0.10.0"), UpdateMode::kWithoutInstall);
  EXPECT_THAT(text(expect_refused("0.21.0", ExitCode::kPackageDamaged)),
              HasSubstr("has eBPF 0.10.0"));
}

TEST_F(HandOver, A_VERSION_whose_folder_is_not_there_is_refused) {
  EXPECT_THAT(text(expect_refused("0.21.0", ExitCode::kFolderNotFound)), HasSubstr("0.21.0.1"));
}

TEST_F(HandOver, A_folder_without_a_manifest_that_can_be_read_is_refused) {
  lab::write_file(powershell("0.21.0") / "HandlerManifest.json", "not JSON");
  expect_refused("0.21.0", ExitCode::kPackageDamaged);
  fs::remove(beside("0.21.0") / "HandlerManifest.json");
  expect_refused("0.21.0", ExitCode::kPackageDamaged);
}

TEST_F(HandOver, Where_the_other_version_was_given_back_its_package_needs_no_payload) {
  // The PowerShell handler's 0.21.0 is there, and an update to ours was undone.
  hand_over("0.21.0");
  EXPECT_EQ(play(vm_, beside("0.21.0"), "disable"), 0);
  must(Command::kUpdate);
  EXPECT_EQ(play(vm_, beside("0.21.0"), "uninstall"), 0);
  must(Command::kInstall);
  EXPECT_EQ(with_fault(Command::kEnable, "services.start#2:fail=577").code, ExitCode::kStartDriver);
  fs::remove_all(beside("0.21.0") / "drivers");
  must(Command::kDisable);
  must_update("0.21.0");
  must(Command::kUninstall);
  EXPECT_EQ(play(vm_, beside("0.21.0"), "enable"), 0);
  expect_stays_handed_over(vm_, "0.21.0");
}

// The other handler has the higher version: its update command runs, and sets its key.

class HandOverUp : public HandOver, public testing::WithParamInterface<std::string> {};

// F-20
TEST_P(HandOverUp, Leaves_eBPF_running_an_hour_and_a_boot_later) {
  const fs::path folder = powershell(GetParam());
  must(Command::kDisable);
  EXPECT_EQ(play(vm_, folder, "update"), 0);
  must(Command::kUninstall);
  EXPECT_EQ(play(vm_, folder, "enable"), 0);
  expect_stays_handed_over(vm_, GetParam());
}

// F-20. The VM Agent died behind the other's update, also with the VM, and makes its calls again.
TEST_P(HandOverUp, Leaves_eBPF_running_where_the_VM_Agent_makes_its_calls_again) {
  const fs::path folder = powershell(GetParam());
  for (const bool boots : {false, true}) {
    must(Command::kDisable);
    EXPECT_EQ(play(vm_, folder, "update"), 0);
    if (boots) vm_.reboot();
  }
  must(Command::kDisable);
  EXPECT_EQ(play(vm_, folder, "update"), 0);
  must(Command::kUninstall);
  EXPECT_EQ(play(vm_, folder, "enable"), 0);
  expect_stays_handed_over(vm_, GetParam());
}

// Its update does nothing more where the version is there, or has not come so far.
TEST_F(HandOver, Of_which_the_other_update_did_nothing_yet_starts_what_disable_stopped) {
  must(Command::kDisable);
  plant_key({"Upgrading"});
  must(Command::kUninstall);
  expect_runs(vm_, "1.0.0");
  EXPECT_EQ(settled(vm_), "");
}

TEST_F(HandOver, What_an_uninstall_that_gives_eBPF_up_cannot_start_is_started_by_recover) {
  must(Command::kDisable);
  plant_key({"Upgrading"});
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  must(Command::kUninstall);
  EXPECT_NE(state("NetEbpfExt"), "running");
  vm_.set("service:NetEbpfExt", {"clear"});
  must(Command::kRecover);
  expect_runs(vm_, "1.0.0");
}

INSTANTIATE_TEST_SUITE_P(Versions, HandOverUp, testing::Values("1.0.0", "1.1.0"),
                         [](const auto& tested) {
                           return tested.param == "1.0.0" ? "equal" : "newer";
                         });

TEST_F(HandOver, An_update_of_the_other_handler_to_an_older_eBPF_fails_and_ours_comes_back) {
  const fs::path folder = powershell("0.21.0");
  must(Command::kDisable);
  EXPECT_EQ(play(vm_, folder, "update"), world::kPowerShellRefusesOlder);
  must(Command::kEnable);
  expect_before(vm_);
}

// Whoever set it, years ago: enable removes it.
TEST_F(HandOver, A_key_left_over_from_years_ago_keeps_no_uninstall_from_its_work) {
  plant_key({"Upgrading", "", "Handler"});
  must(Command::kEnable);
  EXPECT_FALSE(has_key(vm_));
  must(Command::kDisable);
  must(Command::kUninstall);
  EXPECT_TRUE(service("EbpfCore").empty()) << vm_.journal_text();
  EXPECT_FALSE(fs::exists(installed("")));
}

// An update that was undone has left its task, and no folder of ours is there any more.
TEST_F(HandOver, Where_another_update_has_taken_eBPF_over_the_recovery_task_removes_nothing) {
  const lab::Package fresh = package("1.1.0");
  must(lab::UpdateSequence(package_, fresh).before(Command::kEnable));
  with_fault(Command::kEnable, "services.start#2:fail=577", fresh);
  ASSERT_TRUE(has_task(vm_));
  plant_key({"Upgrading"});
  fs::remove_all(package_.root());
  fs::remove_all(fresh.root());
  an_hour_passes(vm_);
  vm_.reboot();
  task_runs(vm_);
  expect_runs(vm_, "1.0.0");
}

TEST_F(HandOver, A_key_without_values_goes_with_enable) {
  behind([](machine::Machine& m) {
    m.registry().set(world::kUpgrading, "x", {machine::RegistryType::kString, "1"});
    m.registry().remove_value(world::kUpgrading, "x");
  });
  ASSERT_TRUE(has_key(vm_));
  must(Command::kEnable);
  EXPECT_FALSE(has_key(vm_));
}

TEST_F(HandOver, A_key_that_was_there_before_a_fresh_install_keeps_no_uninstall_from_its_work) {
  must(Command::kDisable);
  must(Command::kUninstall);
  plant_key({"Upgrading"});
  must(Command::kInstall);
  must(Command::kDisable);
  must(Command::kUninstall);
  EXPECT_TRUE(service("EbpfCore").empty()) << vm_.journal_text();
  EXPECT_TRUE(has_key(vm_)) << "it is not ours";
}

// A driver does not stop: something waits for the boot when our uninstall comes.
class HandOverBeforeBoot : public HandOver {
 protected:
  void hang() const { vm_.set("service:NetEbpfExt", {"stop-hangs"}); }
  void boot() const {
    vm_.set("service:NetEbpfExt", {"clear"});
    vm_.reboot();
    task_runs(vm_);
  }
};

// F-20
TEST_F(HandOverBeforeBoot, What_the_other_update_has_taken_over_is_not_removed_behind_it) {
  const fs::path folder = powershell("1.0.0");
  hang();
  EXPECT_NE(vm_.run(Command::kDisable, package_).code, ExitCode::kSuccess);
  must(Command::kDisable);
  plant_key({"Upgrading"});  // its update comes no further
  EXPECT_THAT(text(must(Command::kUninstall)), HasSubstr("has taken eBPF over"));
  EXPECT_EQ(play(vm_, folder, "enable"), 0);
  boot();
  expect_stays_handed_over(vm_, "1.0.0");
}

TEST_F(HandOverBeforeBoot, An_uninstall_that_waits_for_it_is_forgotten_where_eBPF_was_taken_over) {
  const fs::path folder = powershell("1.0.0");
  hang();
  EXPECT_THAT(text(must(Command::kUninstall)), HasSubstr("reboot needed"));
  plant_key({"Upgrading"});
  boot();
  EXPECT_EQ(play(vm_, folder, "enable"), 0);
  expect_stays_handed_over(vm_, "1.0.0");
}

// F-19
TEST_F(HandOverBeforeBoot, An_uninstall_that_hands_over_is_refused_and_nothing_is_removed) {
  powershell("0.21.0");
  must(Command::kDisable);
  must_update("0.21.0");
  hang();
  killed(Command::kUninstall, "services.start#2:kill-after");
  fails(Command::kRecover, ExitCode::kRebootNeeded);
  fails(Command::kUninstall, ExitCode::kRebootNeeded);
  play(vm_, beside("0.21.0"), "enable");
  boot();
  expect_before(vm_);
}

}  // namespace
}  // namespace engine
