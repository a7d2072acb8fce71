// A command of an update fails, is refused or hangs: the machine is as it was before disable of the
// old version.
#include <algorithm>

#include "actions/machine/call_observer.h"
#include "actions/machine/registry.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "tests/engine/planning/update_bench.h"

namespace engine {
namespace {

using testing::HasSubstr;

// Every command of the update fails once, by the first call of it that can be made to fail after
// its transaction has begun.
class FailingUpdate : public Update, public testing::WithParamInterface<commands::Command> {};

TEST_P(FailingUpdate, Gives_back_at_once_what_was_before_disable) {
  up_to(GetParam());
  const lab::Package& package = GetParam() == commands::Command::kUninstall ? package_ : fresh_;
  const std::string fault = GetParam() == commands::Command::kEnable ? "services.start#2:fail=577"
                            : GetParam() == commands::Command::kInstall ? "files.rename#3:fail=5"
                                                                        : "registry.get#1:fail=5";
  const handler::Reply reply = with_fault(GetParam(), fault, package);
  EXPECT_NE(reply.code, ExitCode::kSuccess) << text(reply);
  expect_before();
  EXPECT_EQ(operations().back().state, journal::OperationState::kUndone) << vm_.journal_text();
  EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "1.0.0");
  must(commands::Command::kEnable, package_);
  expect_before();
}

INSTANTIATE_TEST_SUITE_P(Commands, FailingUpdate,
                         testing::Values(commands::Command::kUpdate, commands::Command::kInstall,
                                         commands::Command::kEnable),
                         [](const auto& command) {
                           return std::string(commands::row(command.param).name);
                         });

// The new EbpfCore does not stop again: the rest of the undo waits for the boot, all of it.
class UpdateThatHangs : public Update {
 protected:
  void SetUp() override {
    Update::SetUp();
    up_to(commands::Command::kEnable);
    vm_.set("service:EbpfCore", {"ignores-stop"});
    vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
    fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
    vm_.set("service:EbpfCore", {"clear"});
  }
};

TEST_F(UpdateThatHangs, Refuses_every_command_before_the_boot_and_is_as_before_after_it) {
  EXPECT_EQ(operations().back().state, journal::OperationState::kRebootNeeded)
      << vm_.journal_text();
  fails(commands::Command::kEnable, ExitCode::kRebootNeeded, fresh_);
  fails(commands::Command::kRecover, ExitCode::kRebootNeeded, fresh_);
  vm_.reboot();
  must(commands::Command::kRecover);
  expect_before();
  const auto updates = operations();
  EXPECT_TRUE(std::any_of(updates.begin(), updates.end(), [](const journal::Operation& operation) {
    return operation.kind == commands::kUpdateKind &&
           operation.state == journal::OperationState::kUndone;
  }));
}

TEST_F(Update, A_refusal_that_undid_it_says_so_in_the_status) {
  up_to(commands::Command::kEnable);
  lab::write_file(fresh_.file("bin/ebpfapi.dll"), "damaged");
  std::filesystem::remove(installed("ebpfapi.dll"));
  fails(commands::Command::kEnable, ExitCode::kPackageDamaged, fresh_);
  const std::string said = fresh_.status(0)[0]["status"]["formattedMessage"]["message"];
  EXPECT_THAT(said, HasSubstr("All was undone"));
  EXPECT_THAT(said, testing::Not(HasSubstr("Nothing was changed")));
}

TEST_F(Update, A_journal_that_is_lost_at_its_first_commit_is_a_failure_with_a_code) {
  must(commands::Command::kDisable);
  struct Cut final : machine::CallObserver {
    explicit Cut(std::filesystem::path file) : journal(std::move(file)) {}
    void before(const machine::Call& call) override {
      if (call.name != "journal.commit" || done) return;
      done = true;
      std::filesystem::remove_all(journal.parent_path());
      lab::write_file(journal.parent_path(), "in the way");
      throw errors::Failure(ExitCode::kJournalUnusable, "journal", "write the journal");
    }
    void after(const machine::Call&) override {}
    std::filesystem::path journal;
    bool done = false;
  };
  Cut cut(vm_.journal_path());
  EXPECT_NE(vm_.run(commands::Command::kUpdate, fresh_, &cut).code, ExitCode::kSuccess);
  EXPECT_TRUE(cut.done);
}

TEST_F(Update, A_refused_update_gives_back_what_disable_stopped) {
  must(commands::Command::kDisable);
  lab::write_file(fresh_.file("bin/ebpfapi.dll"), "damaged");
  fails(commands::Command::kUpdate, ExitCode::kPackageDamaged, fresh_);
  expect_before();
}

TEST_F(Update, One_into_a_folder_that_others_can_change_gives_back_what_disable_stopped) {
  must(commands::Command::kDisable);
  vm_.set(R"(path:C:\Program Files\ebpf-for-windows)", {"owner=users"});
  fails(commands::Command::kUpdate, ExitCode::kUnsafeFolder, fresh_);
  expect_before();
}

TEST_F(Update, One_whose_first_commit_is_made_and_reported_as_failed_starts_what_disable_stopped) {
  must(commands::Command::kDisable);
  EXPECT_NE(with_fault(commands::Command::kUpdate, "journal.commit#1:fail-after=5", fresh_).code,
            ExitCode::kSuccess);
  expect_before();
}

// The VM starts in Safe Mode each time until it is told otherwise: neither drivers nor services of
// eBPF start.
class InSafeMode : public Update {
 protected:
  static constexpr const char* kKey = R"(HKLM\SYSTEM\CurrentControlSet\Control\SafeBoot\Option)";

  void safe_boot() const {
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"})
      vm_.set(std::string("service:") + name, {"start-fails=1084"});
    behind([](machine::Machine& machine) {
      machine.registry().set(kKey, "OptionValue", {machine::RegistryType::kDword, "1"});
    });
    vm_.reboot();
  }
  void normal_boot() const {
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"})
      vm_.set(std::string("service:") + name, {"clear"});
    behind([](machine::Machine& machine) { machine.registry().remove_key(kKey); });
    vm_.reboot();
  }
};

TEST_F(InSafeMode, An_update_is_refused_with_that_word_changes_nothing_and_is_no_attempt) {
  safe_boot();
  for (int attempt = 0; attempt < 4; ++attempt) {
    must(commands::Command::kDisable);
    refuses(commands::Command::kUpdate, ExitCode::kRebootNeeded, "Safe Mode", fresh_);
    refuses(commands::Command::kEnable, ExitCode::kRebootNeeded, "Safe Mode", fresh_);
  }
  normal_boot();
  whole();
  expect_running("1.1.0");
}

TEST_F(InSafeMode, The_boots_enable_is_refused_and_the_next_normal_boots_succeeds) {
  safe_boot();
  refuses(commands::Command::kEnable, ExitCode::kRebootNeeded, "Safe Mode");
  normal_boot();
  must(commands::Command::kEnable);
  expect_running("1.0.0");
}

TEST_F(InSafeMode, An_open_update_is_left_and_the_next_normal_boots_enable_finishes_it) {
  up_to(commands::Command::kEnable);
  safe_boot();
  const std::string left = vm_.snapshot();
  fails(commands::Command::kEnable, ExitCode::kRebootNeeded, fresh_);
  EXPECT_TRUE(lab::same_machine(left, vm_.snapshot()));
  normal_boot();
  must(commands::Command::kEnable, fresh_);
  expect_running("1.1.0");
}

TEST_F(InSafeMode, What_an_undo_cannot_start_starts_with_the_next_normal_boot) {
  up_to(commands::Command::kEnable);
  safe_boot();
  vm_.recover_abandoned();
  EXPECT_EQ(operations().back().state, journal::OperationState::kRebootNeeded)
      << vm_.journal_text();
  normal_boot();
  vm_.recover_abandoned();
  expect_before();
  must(commands::Command::kEnable, fresh_);
  expect_running("1.1.0");
}

TEST_F(Update, A_refused_install_undoes_the_update) {
  up_to(commands::Command::kInstall);
  lab::write_file(fresh_.file("bin/ebpfapi.dll"), "damaged");
  fails(commands::Command::kInstall, ExitCode::kPackageDamaged, fresh_);
  expect_before();
}

TEST_F(Update, Enable_repeats_the_failure_and_touches_nothing) {
  up_to(commands::Command::kEnable);
  EXPECT_EQ(with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_).code,
            ExitCode::kStartDriver);
  const auto proxy = process("GuestProxyAgent");
  for (int boot = 0; boot < 2; ++boot) {
    const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
    EXPECT_THAT(text(reply), HasSubstr("577"));
    EXPECT_EQ(process("GuestProxyAgent"), proxy);
    EXPECT_EQ(fresh_.status(0)[0]["status"]["status"], "error");
    EXPECT_EQ(fresh_.status(0)[0]["status"]["code"], 1013);
  }
  expect_before();
}

TEST_F(Update, Is_tried_three_times_then_refused_before_the_first_stop) {
  for (int attempt = 0; attempt < commands::kMaxUpdateAttempts; ++attempt) {
    up_to(commands::Command::kEnable);
    EXPECT_EQ(with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_).code,
              ExitCode::kStartDriver)
        << attempt;
    expect_before();
  }
  must(commands::Command::kDisable);
  const handler::Reply reply = fails(commands::Command::kUpdate, ExitCode::kStartDriver, fresh_);
  EXPECT_THAT(text(reply), HasSubstr("3 times"));
  expect_before();
  fails(commands::Command::kInstall, ExitCode::kStartDriver, fresh_);
  fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  expect_before();
}

TEST_F(Update, Is_tried_anew_for_another_sequence_number) {
  for (int attempt = 0; attempt < commands::kMaxUpdateAttempts; ++attempt) {
    up_to(commands::Command::kEnable);
    with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_);
  }
  EXPECT_EQ(vm_.run(commands::Command::kInstall, fresh_, nullptr, "1").code, ExitCode::kSuccess);
  EXPECT_EQ(vm_.run(commands::Command::kEnable, fresh_, nullptr, "1").code, ExitCode::kSuccess);
  expect_running("1.1.0");
}

// F-08. Automatic upgrades keep the sequence number: another package is another attempt.
class ThreeTimesFailed : public Update {
 protected:
  void SetUp() override {
    Update::SetUp();
    for (int attempt = 0; attempt < commands::kMaxUpdateAttempts; ++attempt) {
      up_to(commands::Command::kEnable);
      with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_);
    }
  }
  void expect_refused() const {
    fails(commands::Command::kInstall, ExitCode::kStartDriver, fresh_);
    expect_before();
  }
};

TEST_F(ThreeTimesFailed, A_hotfix_of_a_higher_version_is_not_refused) {
  const std::string hotfix = "1.1.0.2";
  must(commands::Command::kDisable);
  EXPECT_EQ(vm_.run_as(hotfix, commands::Command::kUpdate, fresh_).code, ExitCode::kSuccess);
  must(commands::Command::kUninstall);
  EXPECT_EQ(vm_.run_as(hotfix, commands::Command::kInstall, fresh_).code, ExitCode::kSuccess);
  EXPECT_EQ(vm_.run_as(hotfix, commands::Command::kEnable, fresh_).code, ExitCode::kSuccess);
  expect_running("1.1.0");
}

TEST_F(ThreeTimesFailed, Another_build_of_the_program_under_the_same_version_is_not_refused) {
  expect_refused();
  lab::write_file(fresh_.program(), "the handler's program, mended");
  whole();
  expect_running("1.1.0");
}

TEST_F(ThreeTimesFailed, After_seven_days_the_same_package_is_not_refused) {
  expect_refused();
  constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;
  behind([](machine::Machine& m) {
    m.system().wait_ms(commands::kAttemptsForgottenAfterDays * kDayMs + 1);
  });
  whole();
  expect_running("1.1.0");
}

TEST_F(Update, A_failing_enable_alone_gives_back_the_running_version) {
  EXPECT_EQ(with_fault(commands::Command::kEnable, "services.start#3:fail=577", fresh_).code,
            ExitCode::kStartDriver);
  expect_before();
}

TEST_F(Update, A_downgrade_that_fails_gives_back_the_higher_version) {
  whole();
  const std::string higher = vm_.snapshot();
  must(commands::Command::kDisable, fresh_);
  EXPECT_EQ(vm_.run_update_to("1.0.0.1", fresh_).code, ExitCode::kSuccess);
  must(commands::Command::kUninstall, fresh_);
  must(commands::Command::kInstall, package_);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", package_);
  EXPECT_TRUE(lab::same_machine(higher, vm_.snapshot()));
}

// F-26. Somebody has the new driver open from the start on, for hours.
TEST_F(Update, A_new_file_in_use_keeps_the_undo_waiting_and_no_boot_runs_a_mixed_pair) {
  const std::string driver = R"(path:C:\Program Files\ebpf-for-windows\drivers\eBPFCore.sys)";
  up_to(commands::Command::kEnable);
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  vm_.set(driver, {"fails=32"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  for (int hour = 0; hour < 8; ++hour)
    vm_.recover_abandoned();
  EXPECT_EQ(operations().back().state, journal::OperationState::kUndoing)
      << "in use is no reason to give up\n"
      << vm_.journal_text();
  vm_.reboot();
  for (const char* name : {"EbpfCore", "NetEbpfExt"})
    EXPECT_NE(state(name), "running") << name << " of a mixed pair";
  vm_.set(driver, {"clear"});
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  expect_before();
}

TEST_F(Update, A_file_that_a_program_holds_is_1021_and_says_what_to_do) {
  up_to(commands::Command::kInstall);
  const handler::Reply reply =
      with_fault(commands::Command::kInstall, "files.rename#2:fail=32", fresh_);
  EXPECT_EQ(reply.code, ExitCode::kInUse) << text(reply);
  EXPECT_THAT(text(reply), HasSubstr("Close the programs that use the file"));
  expect_before();
}

// F-28. A scanner or a restore writes the same bytes under a new file id.
TEST_F(Update, A_placed_file_that_was_rewritten_with_the_same_bytes_is_taken_back) {
  up_to(commands::Command::kEnable);
  const auto driver = installed("drivers/eBPFCore.sys");
  const std::string bytes = lab::read_file(driver);
  std::filesystem::remove(driver);
  lab::write_file(driver, bytes);
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  vm_.set("service:NetEbpfExt", {"clear"});
  expect_before();
  EXPECT_EQ(operations().back().state, journal::OperationState::kUndone) << vm_.journal_text();
}

TEST_F(Update, An_undo_that_leaves_a_changed_file_does_not_say_as_it_was_before) {
  up_to(commands::Command::kEnable);
  std::filesystem::remove(installed("ebpfapi.dll"));  // another file, not other bytes in ours
  lab::write_file(installed("ebpfapi.dll"), "of somebody else");
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  EXPECT_THAT(text(reply), testing::HasSubstr("All else is as it was before"));
  EXPECT_THAT(text(reply), testing::HasSubstr("ebpfapi.dll"));
  EXPECT_THAT(fresh_.status(0).dump(), testing::Not(testing::HasSubstr("as it was before")));
}

}  // namespace
}  // namespace engine
