// An update is one operation over five commands of two handlers: it settles as a whole, or the
// machine is as it was before disable of the old version.
#include <algorithm>

#include "actions/machine/files.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/product/meta.h"
#include "engine/transaction/session.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using testing::Contains;
using testing::HasSubstr;

class Update : public Bench {
 protected:
  void SetUp() override {
    enabled();
    before_ = vm_.snapshot();
  }

  // The agent's sequence as far as `last`, which is not called.
  void up_to(commands::Command last) const {
    for (const auto& [command, package] : sequence()) {
      if (command == last) return;
      must(command, *package);
    }
  }
  void whole() const {
    for (const auto& [command, package] : sequence())
      must(command, *package);
  }

  void expect_before() const {
    EXPECT_EQ(vm_.snapshot(), before_) << difference(before_, vm_.snapshot());
  }

  void expect_running(const std::string& version) const {
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"}) {
      EXPECT_EQ(state(name), "running") << name;
      EXPECT_EQ(start_type(name), "automatic") << name;
    }
    EXPECT_EQ(meta(engine::product::meta::kSettledVersion), version);
  }

  std::vector<journal::Operation> operations() const {
    journal::Reader reader(vm_.journal_path().string());
    std::vector<journal::Operation> all;
    for (std::int64_t id = 1;; ++id) {
      const auto operation = reader.find_operation(id);
      if (!operation) return all;
      all.push_back(*operation);
    }
  }

  std::vector<std::pair<commands::Command, const lab::Package*>> sequence() const {
    return {{commands::Command::kDisable, &package_},
            {commands::Command::kUpdate, &fresh_},
            {commands::Command::kUninstall, &package_},
            {commands::Command::kInstall, &fresh_},
            {commands::Command::kEnable, &fresh_}};
  }

  std::string before_;
  lab::Package fresh_ = package("1.1.0");
};

TEST_F(Update, Replaces_the_version_in_place_and_settles_with_enable) {
  whole();
  expect_running("1.1.0");
  EXPECT_EQ(operations().back().state, journal::OperationState::kSettled);
  EXPECT_EQ(operations().back().kind, "update");
  EXPECT_EQ(fresh_.status(0)[0]["status"]["status"], "success");
  EXPECT_THAT(fresh_.status(0).dump(), HasSubstr("1.1.0"));
  must(commands::Command::kEnable, fresh_);
  EXPECT_TRUE(vm_.steps(last_id()).empty()) << "enable at the next boot has nothing to do";
}

TEST_F(Update, Leaves_no_work_folder_once_it_has_settled) {
  whole();
  EXPECT_THAT(work_folders(), testing::IsEmpty());
}

TEST_F(Update, Keeps_what_the_old_version_needs_until_it_settles) {
  up_to(commands::Command::kEnable);
  EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "1.0.0");
  EXPECT_EQ(start_type("EbpfCore"), "disabled") << "no boot begins with an untried version";
  EXPECT_EQ(operations().back().state, journal::OperationState::kOpen);
}

TEST_F(Update, Retires_the_old_version_instead_of_removing_it) {
  up_to(commands::Command::kUninstall);
  const std::string stopped = vm_.snapshot();
  must(commands::Command::kUninstall);
  EXPECT_EQ(vm_.snapshot(), stopped);
}

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

// The same where the handler was killed as it began to undo: the rest is recovery's.
TEST_F(Update, One_whose_undo_is_left_to_recovery_and_hangs_waits_for_the_boot_as_a_whole) {
  up_to(commands::Command::kEnable);
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  killed(commands::Command::kEnable, "services.stop#1:kill-before", fresh_);
  vm_.set("service:EbpfCore", {"ignores-stop"});
  fails(commands::Command::kRecover, ExitCode::kRebootNeeded, fresh_);
  EXPECT_EQ(operations().back().state, journal::OperationState::kRebootNeeded)
      << vm_.journal_text();
  vm_.set("service:EbpfCore", {"clear"});
  vm_.set("service:NetEbpfExt", {"clear"});
  vm_.reboot();
  must(commands::Command::kRecover);
  expect_before();
  EXPECT_EQ(operations().back().state, journal::OperationState::kUndone) << vm_.journal_text();
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

TEST_F(Update, A_refused_install_undoes_the_update) {
  up_to(commands::Command::kInstall);
  lab::write_file(fresh_.file("bin/ebpfapi.dll"), "damaged");
  fails(commands::Command::kInstall, ExitCode::kPackageDamaged, fresh_);
  expect_before();
}

TEST_F(Update, The_journal_shows_what_belongs_together) {
  up_to(commands::Command::kInstall);
  must(commands::Command::kInstall, fresh_);
  EXPECT_THAT(vm_.journal_text(),
              HasSubstr("Part of the update 1.0.0 -> 1.1.0 (transactions 4, 5, 6), which is open"));
}

TEST_F(Update, Enable_repeats_the_failure_and_touches_nothing) {
  up_to(commands::Command::kEnable);
  EXPECT_EQ(with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_).code,
            ExitCode::kStartDriver);
  const auto agent = process("GuestProxyAgent");
  for (int boot = 0; boot < 2; ++boot) {
    const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
    EXPECT_THAT(text(reply), HasSubstr("577"));
    EXPECT_EQ(process("GuestProxyAgent"), agent);
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

TEST_F(Update, Install_and_enable_alone_are_an_update_too) {
  must(commands::Command::kInstall, fresh_);
  EXPECT_EQ(state("EbpfCore"), "stopped");
  must(commands::Command::kEnable, fresh_);
  expect_running("1.1.0");
}

TEST_F(Update, Enable_alone_is_an_update_too) {
  must(commands::Command::kEnable, fresh_);
  expect_running("1.1.0");
}

TEST_F(Update, A_failing_enable_alone_gives_back_the_running_version) {
  EXPECT_EQ(with_fault(commands::Command::kEnable, "services.start#3:fail=577", fresh_).code,
            ExitCode::kStartDriver);
  expect_before();
}

TEST_F(Update, Commands_that_the_agent_repeats_join_it) {
  for (const auto& [command, package] : sequence()) {
    must(command, *package);
    must(command, *package);
  }
  expect_running("1.1.0");
}

// Undone first, it would start the old version only to stop it again.
TEST_F(Update, A_disable_that_the_agent_repeats_in_its_middle_starts_nothing) {
  up_to(commands::Command::kUninstall);
  const auto opened = operations().size();
  must(commands::Command::kDisable);
  EXPECT_EQ(operations().size(), opened);
  EXPECT_EQ(operations().back().state, journal::OperationState::kOpen);
  EXPECT_EQ(state("EbpfCore"), "stopped");
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall, fresh_);
  must(commands::Command::kEnable, fresh_);
  expect_running("1.1.0");
}

TEST_F(Update, Without_disable_finds_the_machine_running) {
  must(commands::Command::kUpdate, fresh_);
  must(commands::Command::kUninstall);
  EXPECT_EQ(state("EbpfCore"), "running") << "retired, not stopped";
  must(commands::Command::kInstall, fresh_);
  must(commands::Command::kEnable, fresh_);
  expect_running("1.1.0");
}

TEST_F(Update, Enable_of_the_old_version_undoes_an_open_one) {
  up_to(commands::Command::kEnable);
  must(commands::Command::kEnable, package_);
  expect_before();
  EXPECT_EQ(operations().back().kind, "enable");
}

TEST_F(Update, Recover_leaves_an_open_one_and_says_so) {
  up_to(commands::Command::kInstall);
  const std::string stopped = vm_.snapshot();
  const handler::Reply reply = must(commands::Command::kRecover);
  EXPECT_THAT(text(reply), HasSubstr("An update to 1.1.0 is open"));
  EXPECT_EQ(vm_.snapshot(), stopped);
}

TEST_F(Update, Uninstall_of_the_incoming_version_leaves_the_machine_clean) {
  up_to(commands::Command::kEnable);
  must(commands::Command::kDisable, fresh_);
  must(commands::Command::kUninstall, fresh_);
  EXPECT_TRUE(service("EbpfCore").empty());
  EXPECT_FALSE(has("ebpfapi.dll"));
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "");
}

TEST_F(Update, Uninstall_of_the_old_version_after_a_disable_gives_the_update_up) {
  up_to(commands::Command::kUninstall);
  must(commands::Command::kDisable);
  must(commands::Command::kUninstall);
  EXPECT_TRUE(service("EbpfCore").empty());
  EXPECT_FALSE(has("ebpfapi.dll"));
}

TEST_F(Update, Killed_commands_are_undone_alone_and_the_agent_goes_on) {
  up_to(commands::Command::kInstall);
  killed(commands::Command::kInstall, "files.rename#3:kill-after", fresh_);
  must(commands::Command::kInstall, fresh_);
  killed(commands::Command::kEnable, "services.start#2:kill-after", fresh_);
  must(commands::Command::kEnable, fresh_);
  expect_running("1.1.0");
}

// A driver that runs holds its image: who can write it looks at another one.
TEST_F(Update, Abandoned_after_a_boot_that_started_the_new_drivers_it_runs_the_old_ones) {
  up_to(commands::Command::kEnable);
  killed(commands::Command::kEnable, "system.flush#1:kill-after", fresh_);
  vm_.reboot();
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  expect_before();
  behind([](machine::Machine& m) {
    for (const char* image :
         {R"(drivers\eBPFCore.sys)", R"(drivers\NetEbpfExt.sys)", "ebpfsvc.exe"})
      EXPECT_THROW(
          m.files().write(std::string(R"(C:\Program Files\ebpf-for-windows\)") + image, ""),
          errors::Failure)
          << image;
  });
}

// A command of the incoming handler dies three times; then it, or another one, is called.
struct Dying {
  commands::Command dies;
  commands::Command called;
};
class DyingUpdate : public Update, public testing::WithParamInterface<Dying> {};

TEST_P(DyingUpdate, Is_tried_three_times_then_undone_and_refused) {
  up_to(GetParam().dies);
  for (int death = 0; death < commands::kMaxUpdateAttempts; ++death) {
    const bool recovers = death > 0;  // with a flush of its own
    killed(GetParam().dies, recovers ? "system.flush#2:kill-after" : "system.flush#1:kill-after",
           fresh_);
  }
  const handler::Reply reply = vm_.run(GetParam().called, fresh_);
  EXPECT_NE(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_THAT(text(reply), HasSubstr("tried 3 times"));
  expect_before();
  EXPECT_NE(operations().back().state, journal::OperationState::kOpen);
}

INSTANTIATE_TEST_SUITE_P(
    Commands, DyingUpdate,
    testing::Values(Dying{commands::Command::kUpdate, commands::Command::kUpdate},
                    Dying{commands::Command::kInstall, commands::Command::kInstall},
                    Dying{commands::Command::kInstall, commands::Command::kUpdate},
                    Dying{commands::Command::kEnable, commands::Command::kEnable}),
    [](const auto& command) {
      return std::string(commands::row(command.param.dies).name) + "_then_" +
             std::string(commands::row(command.param.called).name);
    });

TEST_F(Update, Deaths_of_enable_alone_count_too_and_the_refusal_says_so) {
  for (int death = 0; death < commands::kMaxUpdateAttempts; ++death) {
    killed(commands::Command::kEnable, "services.start#2:kill-after", fresh_);
    must(commands::Command::kRecover);
    expect_before();
  }
  const handler::Reply reply = vm_.run(commands::Command::kEnable, fresh_);
  EXPECT_NE(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_THAT(text(reply), HasSubstr("its process ended in the middle"));
  expect_before();
}

TEST_F(Update, A_downgrade_is_opened_by_the_higher_version) {
  whole();
  must(commands::Command::kDisable, fresh_);
  EXPECT_EQ(vm_.run_update_to("1.0.0.1", fresh_).code, ExitCode::kSuccess);
  must(commands::Command::kUninstall, fresh_);
  must(commands::Command::kInstall, package_);
  must(commands::Command::kEnable, package_);
  expect_running("1.0.0");
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
  EXPECT_EQ(vm_.snapshot(), higher) << difference(higher, vm_.snapshot());
}

TEST_F(Update, What_VERSION_holds_besides_a_lower_version_is_ignored) {
  int sequence = 0;
  for (const char* version : {"", "garbage", "1.1.0.1", "99.0.0.0", "1.0"}) {
    must(commands::Command::kDisable);
    EXPECT_EQ(vm_.run_update_to(version, fresh_, std::to_string(++sequence)).code,
              ExitCode::kSuccess)
        << version;
    EXPECT_EQ(operations().back().handler, "1.1.0.1") << version;
    must(commands::Command::kEnable, package_);
    expect_before();
  }
}

TEST_F(Update, Of_the_handler_only_leaves_eBPF_untouched) {
  const lab::Package same{folder_.path() / "agent-again", "1.0.0"};
  must(commands::Command::kDisable);
  EXPECT_EQ(vm_.run_as("1.0.0.2", commands::Command::kUpdate, same).code, ExitCode::kSuccess);
  must(commands::Command::kUninstall);
  const auto files = vm_.snapshot_json().at("files");
  EXPECT_EQ(vm_.run_as("1.0.0.2", commands::Command::kInstall, same).code, ExitCode::kSuccess);
  EXPECT_TRUE(kinds(last_id()).empty());
  EXPECT_EQ(vm_.run_as("1.0.0.2", commands::Command::kEnable, same).code, ExitCode::kSuccess);
  expect_before();
  EXPECT_EQ(meta(engine::product::meta::kSettledHandler), "1.0.0.2");
}

TEST_F(Update, With_nothing_installed_opens_and_enable_settles_it) {
  must(commands::Command::kDisable);
  must(commands::Command::kUninstall);
  must(commands::Command::kUpdate, fresh_);
  must(commands::Command::kInstall, fresh_);
  must(commands::Command::kEnable, fresh_);
  expect_running("1.1.0");
}

}  // namespace
}  // namespace engine
