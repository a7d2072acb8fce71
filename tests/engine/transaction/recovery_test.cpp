// What the next command does about one that died.
#include "actions/machine/fault_observer.h"
#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "tests/engine/transaction/recovery_bench.h"

namespace engine {
namespace {

using testing::HasSubstr;

TEST_F(Recovering, With_nothing_to_do_it_succeeds_and_changes_nothing) {
  must(commands::Command::kInstall);
  const std::string before = vm_.snapshot();
  const auto transactions = vm_.transactions().size();
  EXPECT_THAT(text(must(commands::Command::kRecover)), HasSubstr("nothing to do"));
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(vm_.transactions().size(), transactions);
}

TEST_F(Recovering, A_killed_enable_is_undone_by_the_next_command_before_its_own_work) {
  must(commands::Command::kInstall);
  const std::string before = vm_.snapshot();
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  ASSERT_NE(vm_.snapshot(), before);
  must(commands::Command::kInstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(outcomes(), (std::vector<std::string>{"committed", "recovered-before", "committed"}));
}

TEST_F(Recovering, A_killed_enable_that_is_repeated_ends_enabled) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.start#2:kill-before");
  must(commands::Command::kEnable);
  EXPECT_EQ(state("NetEbpfExt"), "running");
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "success");
}

TEST_F(Recovering, Update_recovers_first_and_changes_nothing_that_runs) {
  must(commands::Command::kInstall);
  const nlohmann::json before = vm_.snapshot_json();
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  must(commands::Command::kUpdate);
  nlohmann::json after = vm_.snapshot_json();
  after["tasks"] = before.at("tasks");  // the recovery task of the update that is open now
  EXPECT_TRUE(lab::same_machine(before, after));
  EXPECT_EQ(outcomes().at(1), "recovered-before");
}

TEST_F(Recovering, Reset_leaves_it_to_the_next_command) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  const std::string half = vm_.snapshot();
  must(commands::Command::kReset);
  EXPECT_TRUE(lab::same_machine(half, vm_.snapshot()));
  EXPECT_EQ(outcome(), "open");
}

TEST_F(Recovering, A_killed_repair_keeps_its_files_until_it_is_undone) {
  must(commands::Command::kInstall);
  lab::write_file(installed("ebpfapi.dll"), "damaged");
  const std::string before = vm_.snapshot();
  killed(commands::Command::kInstall, "files.rename#2:kill-after");
  must(commands::Command::kRecover);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(lab::read_file(installed("ebpfapi.dll")), "damaged");
  EXPECT_EQ(outcome(), "recovered-before");
}

TEST_F(Recovering, A_repair_killed_again_and_again_keeps_the_original_until_it_is_back) {
  must(commands::Command::kInstall);
  lab::write_file(installed("ebpfapi.dll"), "the original");
  const std::string before = vm_.snapshot();
  const auto originals = [this] {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(vm_.folder() / "C")) {
      if (entry.is_regular_file() && entry.file_size() == 12 &&
          lab::read_file(entry.path()) == "the original")
        ++count;
    }
    return count;
  };
  killed(commands::Command::kInstall, "files.rename#2:kill-after");
  EXPECT_EQ(originals(), 1);
  for (const char* again : {"files.rename#1:kill-before", "files.rename#1:kill-after",
                            "files.rename#1:kill-after", "files.rename#2:kill-after"}) {
    const lab::Vm whole = vm_.copy_to(folder_.path() / "whole");
    must(commands::Command::kRecover);
    EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
    whole.copy_to(vm_.folder());
    machine::FaultObserver observer(machine::fault_from(again));
    vm_.run_in_child(commands::Command::kInstall, package_, &observer);
    EXPECT_EQ(originals(), 1) << again;
  }
  must(commands::Command::kRecover);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Recovering, After_a_power_cut_in_the_middle_the_machine_is_as_before) {
  must(commands::Command::kInstall);
  const auto before = vm_.snapshot_json();
  killed(commands::Command::kEnable, "services.start#3:kill-after");
  for (const std::uint64_t seed : {0U, 1U, 2U, 3U}) {  // all that was not durable lost, none, parts
    const lab::Vm vm = vm_.copy_to(folder_.path() / "cut");
    machine::simulated::reboot(vm.folder().string(), {.power_cut = true, .seed = seed});
    EXPECT_EQ(vm.run(commands::Command::kRecover, package_).code, ExitCode::kSuccess)
        << vm.journal_text();
    EXPECT_EQ(journal::outcome(*vm.last_transaction()), "recovered-before") << seed;
    EXPECT_TRUE(lab::same_machine(before, vm.snapshot_json())) << seed;
    EXPECT_EQ(vm.run(commands::Command::kEnable, package_).code, ExitCode::kSuccess)
        << vm.journal_text();
  }
}

// The power goes before what the undo did is on the disk, and the next recovery dies as it begins:
// it has repeated nothing, although its boot is the newest in which the undo went on.
TEST_F(Recovering, What_was_undone_in_an_earlier_boot_is_undone_again_however_often_recovery_dies) {
  must(commands::Command::kInstall);
  const auto before = vm_.snapshot_json();
  killed(commands::Command::kEnable, "system.flush#1:kill-after");
  killed(commands::Command::kRecover, "system.flush#1:kill-before");
  vm_.power_cut(0);
  ASSERT_EQ(start_type("EbpfCore"), "automatic") << "nothing of the undo has reached the disk";
  killed(commands::Command::kRecover, "journal.commit#1:kill-after");
  must(commands::Command::kRecover);
  EXPECT_EQ(outcome(), "recovered-before") << vm_.journal_text();
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
    EXPECT_EQ(start_type(name), before.at("services").at(name).at("start")) << name;
}

TEST_F(Recovering, A_reboot_in_the_middle_of_enable_leaves_what_the_boot_started_and_is_recovered) {
  enabled();
  const auto depends = service("GuestProxyAgent").at("depends");
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.change#4:kill-after");
  ASSERT_EQ(start_type("EbpfCore"), "automatic");
  vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
  ASSERT_EQ(service("GuestProxyAgent").at("depends"), depends);
  vm_.reboot();
  ASSERT_EQ(state("EbpfCore"), "running");
  must(commands::Command::kRecover);
  EXPECT_EQ(outcome(), "recovered-before") << vm_.journal_text();
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  EXPECT_THAT(vm_.journal_text(), HasSubstr("was started by a later boot"));
  must(commands::Command::kEnable);
  EXPECT_EQ(start_type("EbpfCore"), "automatic");
}

// One foreign file is no sign that the journal is of another time.
TEST_F(Recovering, A_first_install_of_which_somebody_replaced_one_file_is_undone) {
  killed(commands::Command::kInstall, "services.create#2:kill-after");
  std::filesystem::remove(installed("ebpfapi.dll"));
  lab::write_file(installed("ebpfapi.dll"), "of somebody else");
  must(commands::Command::kRecover);
  EXPECT_EQ(outcome(), "recovered-before") << vm_.journal_text();
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(has("drivers/eBPFCore.sys"));
  EXPECT_EQ(lab::read_file(installed("ebpfapi.dll")), "of somebody else");
}

TEST_F(Recovering, An_uninstall_killed_before_its_first_delete_is_undone) {
  enabled();
  const std::string before = vm_.snapshot();
  killed(commands::Command::kUninstall, "services.stop#3:kill-after");
  must(commands::Command::kRecover);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(outcome(), "recovered-before");
}

TEST_F(Recovering, An_uninstall_killed_after_its_first_delete_is_completed) {
  enabled();
  killed(commands::Command::kUninstall, "services.remove#1:kill-after");
  must(commands::Command::kRecover);
  EXPECT_EQ(outcome(), "recovered-after") << vm_.journal_text();
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(has(""));
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  EXPECT_TRUE(service("GuestProxyAgent").at("depends").empty());
  must(commands::Command::kEnable);
  EXPECT_FALSE(service("GuestProxyAgent").at("depends").empty());
}

// F-35. The boot starts what is still registered, and GuestProxyAgent on top of it.
TEST_F(Recovering, An_uninstall_killed_between_two_registrations_is_completed_after_a_boot) {
  for (const char* at : {"services.remove#1:kill-after", "services.remove#2:kill-after",
                         "services.remove#2:kill-before", "services.remove#3:kill-after"}) {
    const lab::Vm fresh = vm_.copy_to(folder_.path() / "fresh");
    enabled();
    killed(commands::Command::kUninstall, at);
    vm_.reboot();
    must(commands::Command::kRecover);
    EXPECT_EQ(outcome(), "recovered-after") << at << vm_.journal_text();
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
      EXPECT_EQ(state(name), "") << name << " " << at;
    EXPECT_EQ(state("GuestProxyAgent"), "running") << at;
    EXPECT_FALSE(has(""));
    std::filesystem::remove_all(vm_.folder());
    fresh.copy_to(vm_.folder());
    std::filesystem::remove_all(fresh.folder());
  }
}

TEST_F(Recovering, An_uninstall_that_it_completes_outlasts_a_power_cut) {
  enabled();
  killed(commands::Command::kUninstall, "services.remove#1:kill-after");
  must(commands::Command::kRecover);
  vm_.power_cut(0);
  EXPECT_EQ(outcome(), "recovered-after") << vm_.journal_text();
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
    EXPECT_EQ(state(name), "") << name;
  EXPECT_FALSE(has(""));
  EXPECT_TRUE(service("GuestProxyAgent").at("depends").empty());
}

TEST_F(Recovering, On_a_cloned_machine_configuration_is_undone_and_running_states_are_not) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.change#1:kill-after");
  vm_.become_clone();
  const handler::Reply reply = must(commands::Command::kRecover);
  EXPECT_EQ(outcome(), "recovered-before");
  EXPECT_THAT(text(reply), HasSubstr("This machine is a clone"));
  EXPECT_EQ(meta("machine_id"), "another-machine") << "from here on the journal is this machine's";
  EXPECT_EQ(start_type("EbpfCore"), "demand");
  EXPECT_EQ(state("EbpfCore"), "running");
  must(commands::Command::kEnable);
  EXPECT_EQ(start_type("EbpfCore"), "automatic");
}

TEST_F(Recovering, A_service_that_stays_stop_pending_takes_no_time_from_the_others) {
  enabled();
  vm_.set("service:NetEbpfExt", {"stop-hangs"});
  killed(commands::Command::kDisable, "system.wait_ms#40:kill-after");
  ASSERT_EQ(state("NetEbpfExt"), "stop-pending");
  ASSERT_EQ(state("eBPFSvc"), "stopped");
  fails(commands::Command::kEnable, ExitCode::kRebootNeeded);
  EXPECT_EQ(state("eBPFSvc"), "running") << vm_.journal_text();
}

// A hardening script has put quotes around it meanwhile.
TEST_F(Recovering, A_service_whose_image_path_is_none_any_more_is_left_to_enable) {
  enabled();
  killed(commands::Command::kDisable, "services.stop#4:kill-after");
  behind([](machine::Machine& m) {
    auto config = *m.services().config("NetEbpfExt");
    config.image = "\"" + config.image + "\"";
    m.services().change("NetEbpfExt", config);
  });
  must(commands::Command::kEnable);
  expect_all_running();
}

TEST_F(Recovering, What_somebody_changed_meanwhile_is_left_alone_and_listed) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.change#3:kill-after");
  behind([](machine::Machine& m) {
    auto config = *m.services().config("EbpfCore");
    config.start = machine::StartType::kDisabled;
    m.services().change("EbpfCore", config);
  });
  const handler::Reply reply = must(commands::Command::kRecover);
  EXPECT_EQ(start_type("EbpfCore"), "disabled");
  EXPECT_EQ(start_type("NetEbpfExt"), "demand");
  EXPECT_THAT(vm_.journal_text(), HasSubstr("Left alone: "));
}

}  // namespace
}  // namespace engine
