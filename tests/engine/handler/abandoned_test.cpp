// Nobody comes back: the recovery copy and its task do what the VM Agent's next command would have
// done.
#include <filesystem>

#include "actions/machine/registry.h"
#include "actions/machine/simulated/vm_home.h"
#include "actions/machine/tasks.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/product/meta.h"
#include "engine/transaction/session.h"
#include "tests/engine/bench.h"
#include "tests/world/powershell_package.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::int64_t kMinuteMs = 60'000;

class Abandoned : public Bench {
 protected:
  void SetUp() override {
    enabled();
    before_ = vm_.snapshot();
  }

  // The VM Agent's calls up to and with `last`.
  void update_through(commands::Command last) const {
    must(lab::UpdateSequence(package_, fresh_).through(last));
  }

  void minutes_pass(int minutes) const {
    behind([minutes](machine::Machine& m) { m.system().wait_ms(minutes * kMinuteMs); });
  }

  // What the boot and the scheduler do.
  handler::Reply task_runs() const {
    if (!is_armed()) return {};
    const handler::Reply reply = vm_.recover_abandoned();
    EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply) << vm_.journal_text();
    return reply;
  }

  bool is_armed() const {
    bool task = false;
    behind([&task](machine::Machine& m) {
      task = m.tasks().get("\\eBPF for Windows\\recovery").has_value();
    });
    EXPECT_EQ(fs::exists(data("recovery")), task);
    return task;
  }

  void lose_scheduler() const { vm_.set("tasks", {"fails=2147746132"}); }
  fs::path copy() const { return data("recovery/ebpf-handler.exe"); }

  void expect_before() const { EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot())); }

  void expect_gone() const {
    EXPECT_TRUE(service("EbpfCore").empty()) << vm_.journal_text();
    EXPECT_FALSE(fs::exists(installed("")));
    EXPECT_EQ(state("GuestProxyAgent"), "running");
    EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "");
    EXPECT_FALSE(is_armed());
  }

  // The task's process is the copy: the file is in use.
  void copy_runs(bool runs) const {
    const auto home = vm_.home();
    const auto& drive = home->drive();
    machine::simulated::Access access(*home);
    auto& loaded = access.state().loaded;
    std::erase_if(loaded, [](const auto& row) { return row.service == "task"; });
    if (runs) {
      const std::string copy = R"(C:\ProgramData\EbpfForWindows\recovery\ebpf-handler.exe)";
      loaded.push_back({"task", 0, 0, {drive.file_id(drive.find(copy))}});
    }
    access.changed();
  }

  void drop(const lab::Package& package) const { fs::remove_all(package.root()); }

  std::string before_;
  lab::Package fresh_ = package("1.1.0");
};

class AbandonedAfter : public Abandoned, public testing::WithParamInterface<commands::Command> {};

TEST_P(AbandonedAfter, A_boot_brings_the_old_version_back) {
  update_through(GetParam());
  vm_.reboot();
  task_runs();
  expect_before();
  EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "1.0.0");
}

TEST_P(AbandonedAfter, Half_an_hour_brings_the_old_version_back) {
  if (GetParam() == commands::Command::kDisable) return;  // holds until the boot
  update_through(GetParam());
  for (int passed = 0; passed < 30; passed += 10) {
    minutes_pass(10);
    task_runs();
  }
  expect_before();
  EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "1.0.0");
}

INSTANTIATE_TEST_SUITE_P(Commands, AbandonedAfter,
                         testing::Values(commands::Command::kDisable, commands::Command::kUpdate,
                                         commands::Command::kUninstall,
                                         commands::Command::kInstall),
                         [](const auto& command) {
                           return std::string(commands::row(command.param).name);
                         });

TEST_F(Abandoned, An_update_whose_next_command_is_yet_to_come_is_left) {
  update_through(commands::Command::kInstall);
  minutes_pass(commands::kAbandonedAfterMinutes - 1);
  EXPECT_THAT(text(task_runs()), HasSubstr("is open since"));
  must(commands::Command::kEnable, fresh_);
  EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "1.1.0");
}

TEST_F(Abandoned, An_update_that_settles_takes_copy_and_task_away) {
  update_through(commands::Command::kDisable);
  EXPECT_FALSE(is_armed());
  must(commands::Command::kUpdate, fresh_);
  EXPECT_TRUE(is_armed());
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall, fresh_);
  EXPECT_TRUE(is_armed());
  must(commands::Command::kEnable, fresh_);
  EXPECT_FALSE(is_armed());
}

TEST_F(Abandoned, After_an_undone_update_copy_and_task_stay_until_something_settles) {
  update_through(commands::Command::kInstall);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_);
  expect_before();
  EXPECT_TRUE(is_armed());
  task_runs();
  EXPECT_TRUE(is_armed());
  must(commands::Command::kEnable, package_);
  EXPECT_FALSE(is_armed());
}

TEST_F(Abandoned, A_copy_that_fails_is_undone_with_its_update) {
  must(commands::Command::kDisable);
  EXPECT_NE(with_fault(commands::Command::kUpdate, "files.copy_in#1:fail=5", fresh_).code,
            ExitCode::kSuccess);
  EXPECT_FALSE(is_armed());
  expect_before();
}

TEST_F(Abandoned, An_update_without_a_Task_Scheduler_goes_on_and_says_who_recovers) {
  lose_scheduler();
  must(commands::Command::kDisable);
  const std::string told = text(must(commands::Command::kUpdate, fresh_));
  for (const std::string& words : {told, vm_.journal_text()}) {
    EXPECT_THAT(words, HasSubstr(R"(task \eBPF for Windows\recovery)"));
    EXPECT_THAT(words, HasSubstr("(ITaskFolder::GetTask: 2147746132)"));
    EXPECT_THAT(words, HasSubstr("nobody but the VM Agent would recover"));
  }
  EXPECT_TRUE(fs::exists(copy()));
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall, fresh_);
  must(commands::Command::kEnable, fresh_);
  expect_all_running();
  EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "1.1.0");
  EXPECT_FALSE(fs::exists(copy()));
  vm_.set("tasks", {"clear"});
  must(commands::Command::kEnable, fresh_);
  EXPECT_FALSE(is_armed());
}

TEST_F(Abandoned, A_killed_update_without_a_Task_Scheduler_is_undone_by_the_next_command) {
  lose_scheduler();
  must(commands::Command::kDisable);
  killed(commands::Command::kUpdate, "files.copy_in#1:kill-after", fresh_);
  must(commands::Command::kRecover);
  must(commands::Command::kEnable);
  expect_all_running();
  EXPECT_FALSE(fs::exists(copy()));
}

TEST_F(Abandoned, The_next_command_of_an_update_registers_the_task_that_is_missing) {
  must(commands::Command::kDisable);
  EXPECT_EQ(with_fault(commands::Command::kUpdate, "tasks.put#1:fail=5", fresh_).code,
            ExitCode::kSuccess);
  EXPECT_TRUE(fs::exists(copy()));
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall, fresh_);
  EXPECT_TRUE(is_armed());
  vm_.reboot();
  task_runs();
  expect_before();
}

TEST_F(Abandoned, An_uninstall_that_waits_for_the_boot_does_without_a_Task_Scheduler) {
  vm_.set("service:EbpfCore", {"ignores-stop"});
  lose_scheduler();
  const std::string told = text(must(commands::Command::kUninstall));
  EXPECT_THAT(told, HasSubstr("reboot needed"));
  EXPECT_THAT(told, HasSubstr("nobody but the VM Agent would recover"));
  vm_.set("service:EbpfCore", {"clear"});
  vm_.set("tasks", {"clear"});
  vm_.reboot();
  must(commands::Command::kRecover);
  expect_gone();
}

TEST_F(Abandoned, An_extension_dropped_after_an_undone_update_is_removed) {
  update_through(commands::Command::kInstall);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_);
  drop(package_);
  task_runs();
  expect_before();  // the incoming package is still there
  drop(fresh_);
  task_runs();
  expect_before();  // the VM Agent may be about to put it there again
  minutes_pass(commands::kAbandonedAfterMinutes);
  EXPECT_THAT(text(task_runs()), HasSubstr("dropped without a call"));
  expect_gone();
}

// Its folders are gone, but nobody dropped it.
class Moved : public Abandoned {
 protected:
  void SetUp() override {
    Abandoned::SetUp();
    fs::create_directories(extensions());
    // The place of all extensions, one folder for each, a folder in it for each version.
    package_ = lab::Package(extensions() / "ebpf", "1.0.0");
    must(commands::Command::kEnable);
    update_through(commands::Command::kInstall);
    with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_);
    ASSERT_TRUE(is_armed());
  }

  fs::path extensions() const { return folder_.path() / "Plugins"; }
  void expect_left() const {
    an_hour_passes();
    vm_.reboot();
    task_runs();
    an_hour_passes();
    expect_before();
  }
  void an_hour_passes() const {
    for (int half = 0; half < 2; ++half) {
      minutes_pass(30);
      task_runs();
    }
  }
};

TEST_F(Moved, With_another_version_beside_them_nothing_is_removed) {
  drop(package_);
  drop(fresh_);
  fs::create_directories(extensions() / "ebpf" / "0.9.0.3");
  lab::write_file(extensions() / "ebpf" / "0.9.0.3" / "HandlerManifest.json", "[]");
  expect_left();
}

TEST_F(Moved, With_a_package_of_the_PowerShell_handler_beside_them_nothing_is_removed) {
  world::make_powershell_package(extensions() / "ebpf" / "0.9.1.1", package("0.9.1").file("bin"),
                                 world::UpdateMode::kWithoutInstall);
  drop(package_);
  drop(fresh_);
  expect_left();
}

TEST_F(Moved, With_the_place_of_all_extensions_nothing_is_removed) {
  drop(fresh_);
  fs::remove_all(extensions());
  expect_left();
}

TEST_F(Moved, On_a_machine_made_from_an_image_of_it_nothing_is_removed) {
  drop(package_);
  drop(fresh_);
  vm_.become_clone();
  expect_left();
}

TEST_F(Abandoned, A_removal_that_fails_is_tried_once_in_a_boot) {
  update_through(commands::Command::kInstall);
  drop(package_);
  drop(fresh_);
  vm_.reboot();
  vm_.set("service:EbpfCore", {"ignores-stop"});
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kStopDriver);
  expect_before();
  const auto proxy = process("GuestProxyAgent");
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  EXPECT_EQ(process("GuestProxyAgent"), proxy);
  EXPECT_TRUE(is_armed());
  vm_.set("service:EbpfCore", {"clear"});
  vm_.reboot();
  task_runs();
  expect_gone();
}

TEST_F(Abandoned, A_removal_that_recovery_completes_does_without_what_is_best_effort) {
  killed(commands::Command::kUninstall, "services.remove#1:kill-after");
  const handler::Reply reply = with_fault(commands::Command::kRecover, "tasks.get#1:fail=5");
  EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply) << vm_.journal_text();
  EXPECT_TRUE(service("EbpfCore").empty());
  EXPECT_FALSE(fs::exists(installed("")));
}

TEST_F(Abandoned, An_extension_dropped_in_the_middle_of_an_update_is_removed) {
  update_through(commands::Command::kInstall);
  drop(package_);
  drop(fresh_);
  vm_.reboot();
  task_runs();
  expect_gone();
}

TEST_F(Abandoned, An_extension_whose_incoming_version_alone_is_dropped_stays) {
  update_through(commands::Command::kInstall);
  drop(fresh_);
  vm_.reboot();
  task_runs();
  expect_before();
}

TEST_F(Abandoned, Recover_by_hand_never_removes_a_dropped_extension) {
  drop(package_);
  must(commands::Command::kRecover);
  expect_before();
}

TEST_F(Abandoned, A_killed_uninstall_is_made_up_for) {
  for (const char* at : {"services.stop#2:kill-after", "services.remove#1:kill-after"}) {
    killed(commands::Command::kUninstall, at);
    ASSERT_TRUE(is_armed()) << at;
    drop(package_);
    vm_.reboot();
    task_runs();
    expect_gone();
    package_ = {folder_.path() / "again", "1.0.0"};
    if (HasFailure()) return;
    must(commands::Command::kInstall);
    must(commands::Command::kEnable);
  }
}

// F-18: the recovery copy cannot delete the program that it is.
TEST_F(Abandoned, A_copy_that_removed_eBPF_itself_stays_and_leaves_nothing_to_the_boot) {
  killed(commands::Command::kUninstall, "services.remove#1:kill-after");
  copy_runs(true);
  EXPECT_THAT(text(vm_.recover_abandoned()), HasSubstr("stays until the next command of eBPF"));
  copy_runs(false);
  EXPECT_TRUE(service("EbpfCore").empty()) << vm_.journal_text();
  EXPECT_TRUE(fs::exists(data("recovery/ebpf-handler.exe")));
  behind([](machine::Machine& m) {
    EXPECT_FALSE(m.registry().get(R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager)",
                                  "PendingFileRenameOperations"));
    EXPECT_FALSE(m.tasks().get("\\eBPF for Windows\\recovery"));
  });
  must(commands::Command::kInstall);
  EXPECT_FALSE(is_armed());
}

TEST_F(Abandoned, An_uninstall_without_room_for_the_copy_removes_all_the_same) {
  const handler::Reply reply =
      with_fault(commands::Command::kUninstall, "files.copy_in#1:fail=112");
  EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply);
  expect_gone();
}

}  // namespace
}  // namespace engine
