// An update is one operation over five commands of two handlers. These tests show what a whole
// update does, and what an open one does to other commands.
#include "engine/commands/commands.h"
#include "tests/engine/planning/update_bench.h"

namespace engine {
namespace {

using testing::HasSubstr;

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
  EXPECT_TRUE(lab::same_machine(stopped, vm_.snapshot()));
}

TEST_F(Update, The_journal_shows_what_belongs_together) {
  up_to(commands::Command::kInstall);
  must(commands::Command::kInstall, fresh_);
  EXPECT_THAT(vm_.journal_text(),
              HasSubstr("Part of the update 1.0.0 -> 1.1.0 (transactions 4, 5, 6), which is open"));
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

TEST_F(Update, Commands_that_the_VM_Agent_repeats_join_it) {
  for (const auto& [command, package] : update_.all()) {
    must(command, *package);
    must(command, *package);
  }
  expect_running("1.1.0");
}

// Undone first, it would start the old version only to stop it again.
TEST_F(Update, A_disable_that_the_VM_Agent_repeats_in_its_middle_starts_nothing) {
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
  EXPECT_TRUE(lab::same_machine(stopped, vm_.snapshot()));
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
  const lab::Package same{folder_.path() / "extension-again", "1.0.0"};
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
