#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/files/place_files.h"
#include "actions/machine/call_observer.h"
#include "actions/machine/fault_observer.h"
#include "actions/machine/sha256.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kStagedFiles = std::string(kWorkFolder) + "\\staged\\";
const std::string kRetained = std::string(kWorkFolder) + "\\retained\\";

// A file as stage-files leaves it.
files::PlacedFile staged_file(TestVm& vm, const std::string& path, const std::string& name,
                              const std::string& content) {
  vm.put(kStagedFiles + name, content);
  return {path, name, machine::sha256_of(content), content.size()};
}

std::unique_ptr<Action> place(std::vector<files::PlacedFile> files) {
  return std::make_unique<files::PlaceFiles>(kInstallFolder, kWorkFolder, std::move(files));
}

// Replaces a read-only file, keeps an equal one, adds one.
void prepare_update(TestVm& vm) {
  vm.put(installed("ebpfapi.dll"), "api 1");
  vm.files().set_readonly(installed("ebpfapi.dll"), true);
  vm.put(installed("same.txt"), "same");
  vm.put(installed("theirs.txt"), "not ours");
  staged_file(vm, "ebpfapi.dll", "0001-ebpfapi.dll", "api 2");
  staged_file(vm, "same.txt", "0002-same.txt", "same");
  staged_file(vm, "new.exe", "0003-new.exe", "new");
}

std::unique_ptr<Action> update(TestVm& /*vm*/) {
  const auto file = [](const std::string& path, const std::string& name,
                       const std::string& content) {
    return files::PlacedFile{path, name, machine::sha256_of(content), content.size()};
  };
  return place({file("ebpfapi.dll", "0001-ebpfapi.dll", "api 2"),
                file("same.txt", "0002-same.txt", "same"), file("new.exe", "0003-new.exe", "new")});
}

class PlaceFilesOverOlder : public ::testing::Test {
 protected:
  PlaceFilesOverOlder() {
    prepare_update(vm_);
    action_ = update(vm_);
    start_ = vm_.picture();
    before_ = as_text(action_->capture(vm_.machine()));
  }
  Json apply() { return action_->apply(vm_.machine(), before_, vm_.in(kEnoughMs)); }
  UndoResult undo() { return action_->undo(vm_.machine(), before_, nullptr, vm_.in(kEnoughMs)); }

  TestVm vm_;
  std::unique_ptr<Action> action_;
  std::string start_;
  Json before_;
};

TEST_F(PlaceFilesOverOlder, Files_are_swapped_by_rename_and_the_old_ones_retained) {
  const std::string staged_id = vm_.files().stat(kStagedFiles + "0001-ebpfapi.dll")->id;
  const std::string old_id = vm_.files().stat(installed("ebpfapi.dll"))->id;
  apply();
  EXPECT_EQ(vm_.files().stat(installed("ebpfapi.dll"))->id, staged_id);
  EXPECT_EQ(vm_.files().stat(kRetained + "0001-ebpfapi.dll")->id, old_id);
  EXPECT_EQ(vm_.content(installed("new.exe")), "new");
}

TEST_F(PlaceFilesOverOlder, A_file_that_is_as_wanted_is_left_and_its_staged_copy_too) {
  const std::string id = vm_.files().stat(installed("same.txt"))->id;
  const Json after = apply();
  EXPECT_EQ(vm_.files().stat(installed("same.txt"))->id, id);
  EXPECT_TRUE(vm_.exists(kStagedFiles + "0002-same.txt"));
  EXPECT_EQ(after.at("files").at(1).at("id"), id);
}

TEST_F(PlaceFilesOverOlder, Before_json_beside_the_retained_files_says_what_was_there) {
  apply();
  const Json saved = Json::parse(vm_.content(std::string(kWorkFolder) + "\\before.json"));
  EXPECT_EQ(saved.at("place-files").at("before"), before_);
  EXPECT_EQ(saved.at("place-files").at("parameters"), action_->parameters());
}

TEST_F(PlaceFilesOverOlder,
       A_placed_file_that_somebody_deleted_is_reported_and_the_old_one_restored) {
  apply();
  vm_.files().remove(installed("ebpfapi.dll"));
  const UndoResult result = undo();
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("ebpfapi.dll")));
  EXPECT_EQ(vm_.content(installed("ebpfapi.dll")), "api 1");
  EXPECT_TRUE(vm_.files().stat(installed("ebpfapi.dll"))->readonly);
}

TEST_F(PlaceFilesOverOlder, An_added_file_that_somebody_deleted_is_reported_once) {
  apply();
  vm_.files().remove(installed("new.exe"));
  EXPECT_THAT(undo().foreign, ElementsAre(HasSubstr("new.exe")));
  EXPECT_THAT(undo().foreign, IsEmpty());
}

TEST_F(PlaceFilesOverOlder, A_retained_file_that_is_lost_fails_undo_and_leaves_the_placed_one) {
  apply();
  vm_.files().set_readonly(kRetained + "0001-ebpfapi.dll", false);
  vm_.files().remove(kRetained + "0001-ebpfapi.dll");
  const UndoResult result = undo();
  EXPECT_EQ(result.kind, UndoResult::Kind::kFailed);
  ASSERT_TRUE(result.failure.has_value());
  EXPECT_EQ(result.failure->object(), installed("ebpfapi.dll"));
  EXPECT_EQ(vm_.content(installed("ebpfapi.dll")), "api 2");
  EXPECT_FALSE(vm_.exists(installed("new.exe"))) << "the others are undone all the same";
}

TEST_F(PlaceFilesOverOlder, The_read_only_flag_comes_back_where_it_was_lost) {
  apply();
  vm_.files().set_readonly(kRetained + "0001-ebpfapi.dll", false);
  undo();
  EXPECT_EQ(vm_.picture(), start_);
}

TEST_F(PlaceFilesOverOlder, A_target_that_changed_after_the_capture_is_refused) {
  vm_.put(installed("new.exe"), "somebody else's");
  const auto failure = failure_of([&] { apply(); });
  EXPECT_EQ(failure.code(), ExitCode::kCopyFile);
  const UndoResult result = undo();
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("new.exe")));
  EXPECT_EQ(vm_.content(installed("new.exe")), "somebody else's");
  EXPECT_EQ(vm_.content(installed("ebpfapi.dll")), "api 1");
}

TEST_F(PlaceFilesOverOlder, A_target_deleted_after_the_capture_is_refused_and_left_so_by_undo) {
  vm_.files().set_readonly(installed("ebpfapi.dll"), false);
  vm_.files().remove(installed("ebpfapi.dll"));
  const auto failure = failure_of([&] { apply(); });
  EXPECT_EQ(failure.code(), ExitCode::kCopyFile);
  EXPECT_THAT(failure.message(), HasSubstr("deleted"));
  for (int time = 0; time < 2; ++time) {
    const UndoResult result = undo();
    EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
    EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("ebpfapi.dll was deleted by somebody")));
  }
  EXPECT_FALSE(vm_.exists(installed("ebpfapi.dll")));
}

TEST_F(PlaceFilesOverOlder, Folders_that_somebody_removed_are_made_again_by_undo) {
  apply();
  for (const std::string& name : vm_.files().list(kInstallFolder))
    vm_.files().remove(installed(name));
  vm_.files().remove_folder(kInstallFolder);
  const UndoResult result = undo();
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(result.foreign, Contains(HasSubstr("ebpfapi.dll was placed here")));
  EXPECT_EQ(vm_.content(installed("ebpfapi.dll")), "api 1");
}

TEST_F(PlaceFilesOverOlder, A_missing_staged_file_fails_before_its_target_is_moved) {
  vm_.files().remove(kStagedFiles + "0001-ebpfapi.dll");
  const auto failure = failure_of([&] { apply(); });
  EXPECT_EQ(failure.code(), ExitCode::kCopyFile);
  EXPECT_EQ(vm_.content(installed("ebpfapi.dll")), "api 1");
}

TEST_F(PlaceFilesOverOlder, A_full_disk_is_said_to_be_full) {
  vm_.arm("disk", {"full-at=1"});
  EXPECT_EQ(failure_of([&] { apply(); }).code(), ExitCode::kDiskFull);
  vm_.arm("disk", {"clear"});
  undo();
  EXPECT_EQ(vm_.picture(), start_);
}

TEST_F(PlaceFilesOverOlder, Undo_needs_no_space_on_the_disk) {
  apply();
  vm_.arm("disk", {"full-at=1"});
  EXPECT_EQ(undo().kind, UndoResult::Kind::kUndone);
  EXPECT_EQ(vm_.picture(), start_);
}

TEST_F(PlaceFilesOverOlder, Past_its_deadline_it_stops_and_undo_stops_to_go_on_later) {
  apply();
  const auto failure =
      failure_of([&] { action_->undo(vm_.machine(), before_, nullptr, vm_.in(0)); });
  EXPECT_EQ(failure.code(), ExitCode::kOutOfTime);
  const auto again = failure_of([&] { action_->apply(vm_.machine(), before_, vm_.in(0)); });
  EXPECT_EQ(again.code(), ExitCode::kOutOfTime);
  EXPECT_EQ(undo().kind, UndoResult::Kind::kUndone);
  EXPECT_EQ(vm_.picture(), start_);
}

TEST(PlaceFiles, A_target_that_is_a_folder_is_refused) {
  TestVm vm;
  vm.make_folder(installed("ebpfapi.dll"));
  auto action = place({staged_file(vm, "ebpfapi.dll", "0001-ebpfapi.dll", "api")});
  EXPECT_EQ(failure_of([&] { action->capture(vm.machine()); }).code(), ExitCode::kCopyFile);
}

TEST(PlaceFiles, A_file_in_the_place_of_its_folder_is_refused) {
  TestVm vm;
  vm.put(installed("drivers"), "no folder");
  auto action = place({staged_file(vm, "drivers\\EbpfCore.sys", "0001-EbpfCore.sys", "core")});
  const auto failure = failure_of([&] { action->capture(vm.machine()); });
  EXPECT_EQ(failure.code(), ExitCode::kCreateFolder);
  EXPECT_EQ(failure.object(), installed("drivers"));
}

TEST(PlaceFiles, Made_folders_that_somebody_uses_meanwhile_are_left_and_the_others_go) {
  TestVm vm;
  auto action = place({staged_file(vm, "a\\b\\one.txt", "0001-one.txt", "one"),
                       staged_file(vm, "c\\two.txt", "0002-two.txt", "two")});
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  vm.put(installed("a\\b\\theirs.txt"), "theirs");
  const UndoResult result = action->undo(vm.machine(), before, after, vm.in(kEnoughMs));
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("\\a\\b ")));
  EXPECT_FALSE(vm.exists(installed("c")));
  EXPECT_EQ(vm.content(installed("a\\b\\theirs.txt")), "theirs");
}

TEST_F(PlaceFilesOverOlder, Undo_does_not_fail_for_a_retained_folder_that_somebody_stands_in) {
  apply();
  machine::FaultObserver observer(machine::fault_from("files.remove_folder#1:fail=32"));
  const auto observed = machine::observe(vm_.machine(), observer);
  const UndoResult result = action_->undo(*observed, before_, nullptr, vm_.in(kEnoughMs));
  EXPECT_TRUE(observer.happened());
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_EQ(vm_.content(installed("ebpfapi.dll")), "api 1");
}

}  // namespace

std::vector<Scenario> place_files_scenarios() {
  return {{.name = "place_files_replaces_keeps_and_adds",
           .prepare = prepare_update,
           .action = update,
           .outlasts_a_boot = true,
           .interfere =
               [](TestVm& vm) {
                 vm.files().remove(installed("ebpfapi.dll"));
                 vm.put(installed("ebpfapi.dll"), "somebody else's");
               },
           .is_left =
               [](TestVm& vm) {
                 return vm.content(installed("ebpfapi.dll")) == "somebody else's" &&
                        vm.content(kRetained + "0001-ebpfapi.dll") == "api 1" &&
                        !vm.exists(installed("new.exe"));
               }},
          {.name = "place_files_into_nothing",
           .prepare =
               [](TestVm& vm) {
                 staged_file(vm, "bpftool.exe", "0001-bpftool.exe", "tool");
                 staged_file(vm, "drivers\\EbpfCore.sys", "0002-EbpfCore.sys", "core");
               },
           .action =
               [](TestVm&) {
                 return place({{"bpftool.exe", "0001-bpftool.exe", machine::sha256_of("tool"), 4},
                               {"drivers\\EbpfCore.sys", "0002-EbpfCore.sys",
                                machine::sha256_of("core"), 4}});
               },
           .outlasts_a_boot = true,
           .interfere = [](TestVm& vm) { vm.put(installed("drivers\\theirs.sys"), "theirs"); },
           .is_left =
               [](TestVm& vm) { return vm.content(installed("drivers\\theirs.sys")) == "theirs"; }},
          {.name = "place_files_that_are_all_as_wanted",
           .prepare =
               [](TestVm& vm) {
                 vm.put(installed("bpftool.exe"), "tool");
                 staged_file(vm, "bpftool.exe", "0001-bpftool.exe", "tool");
               },
           .action =
               [](TestVm&) {
                 return place({{"bpftool.exe", "0001-bpftool.exe", machine::sha256_of("tool"), 4}});
               },
           .changes_nothing = true,
           .outlasts_a_boot = true},
          {.name = "place_files_over_a_running_driver_whose_name_has_another_case",
           .prepare =
               [](TestVm& vm) {
                 vm.add_driver("eBPFCore", true);
                 staged_file(vm, "drivers\\EbpfCore.sys", "0001-EbpfCore.sys", "core 2");
               },
           .action =
               [](TestVm&) {
                 return place({{"drivers\\EbpfCore.sys", "0001-EbpfCore.sys",
                                machine::sha256_of("core 2"), 6}});
               }}};
}

}  // namespace actions::testing
