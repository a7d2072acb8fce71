#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/files/place_files.h"
#include "actions/files/remove_files.h"
#include "actions/machine/sha256.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<Action> remove(std::vector<std::string> files, std::vector<std::string> folders) {
  return std::make_unique<files::RemoveFiles>(kWorkFolder, std::move(files), std::move(folders));
}

void prepare_installation(TestVm& vm) {
  vm.put(installed("bpftool.exe"), "tool");
  vm.files().set_readonly(installed("bpftool.exe"), true);
  vm.put(installed("drivers\\eBPFCore.sys"), "core");
  vm.put(installed("logs\\theirs.txt"), "theirs");
}

std::unique_ptr<Action> removal_of_all(TestVm& /*vm*/) {
  return remove(
      {installed("bpftool.exe"), installed("drivers\\EbpfCore.sys"), installed("absent.dll")},
      {installed("drivers"), installed("logs"), kInstallFolder});
}

TEST(RemoveFiles, Empty_folders_go_and_others_are_left_and_noted) {
  TestVm vm;
  prepare_installation(vm);
  auto action = removal_of_all(vm);
  const Json after = action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_FALSE(vm.exists(installed("drivers")));
  EXPECT_FALSE(vm.exists(installed("bpftool.exe")));
  EXPECT_EQ(vm.content(installed("logs\\theirs.txt")), "theirs");
  EXPECT_EQ(after.at("left"), Json::array({installed("logs"), kInstallFolder}));
  EXPECT_TRUE(action->deletes());
}

TEST(RemoveFiles, A_file_in_use_goes_out_of_the_way) {
  TestVm vm;
  vm.add_driver("EbpfCore", true);
  auto action = remove({driver_image("EbpfCore")}, {});
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_FALSE(vm.exists(driver_image("EbpfCore")));
}

TEST(RemoveFiles, A_file_that_changed_after_the_capture_is_left_and_noted) {
  TestVm vm;
  vm.put(installed("bpftool.exe"), "tool");
  auto action = remove({installed("bpftool.exe")}, {});
  const Json before = action->capture(vm.machine());
  vm.files().remove(installed("bpftool.exe"));
  vm.put(installed("bpftool.exe"), "theirs");
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_EQ(after.at("left"), Json::array({installed("bpftool.exe")}));
  EXPECT_EQ(vm.content(installed("bpftool.exe")), "theirs");
}

TEST(RemoveFiles, A_folder_in_the_place_of_a_file_is_refused) {
  TestVm vm;
  vm.make_folder(installed("bpftool.exe"));
  auto action = remove({installed("bpftool.exe")}, {});
  EXPECT_EQ(failure_of([&] { action->capture(vm.machine()); }).code(), ExitCode::kDeleteFolder);
}

TEST(RemoveFiles, A_moved_file_that_is_lost_fails_undo) {
  TestVm vm;
  vm.put(installed("one.txt"), "one");
  vm.put(installed("two.txt"), "two");
  auto action = remove({installed("one.txt"), installed("two.txt")}, {kInstallFolder});
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  vm.files().remove(std::string(kWorkFolder) + "\\retained\\removed-0001-one.txt");
  const UndoResult result = action->undo(vm.machine(), before, after, vm.in(kEnoughMs));
  EXPECT_EQ(result.kind, UndoResult::Kind::kFailed);
  EXPECT_EQ(vm.content(installed("two.txt")), "two");
}

TEST(RemoveFiles, A_file_that_somebody_took_away_before_it_was_moved_is_reported_by_undo) {
  TestVm vm;
  vm.put(installed("one.txt"), "one");
  vm.put(installed("two.txt"), "two");
  auto action = remove({installed("one.txt"), installed("two.txt")}, {kInstallFolder});
  const Json before = action->capture(vm.machine());
  vm.files().remove(installed("one.txt"));
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  for (const Json& known : {after, Json()}) {
    TestVm copy(vm);
    for (int time = 0; time < 2; ++time) {
      const UndoResult result = action->undo(copy.machine(), before, known, copy.in(kEnoughMs));
      EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
      EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("one.txt was taken away")));
    }
    EXPECT_EQ(copy.content(installed("two.txt")), "two");
  }
}

TEST(RemoveFiles, A_folder_that_somebody_removed_is_made_again_by_undo) {
  TestVm vm;
  vm.put(installed("drivers\\EbpfCore.sys"), "core");
  auto action = remove({installed("drivers\\EbpfCore.sys")}, {});
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  vm.files().remove_folder(installed("drivers"));
  EXPECT_EQ(action->undo(vm.machine(), before, after, vm.in(kEnoughMs)).kind,
            UndoResult::Kind::kUndone);
  EXPECT_EQ(vm.content(installed("drivers\\EbpfCore.sys")), "core");
}

TEST(RemoveFiles, Shares_its_folder_with_place_files_of_the_same_transaction) {
  TestVm vm;
  vm.put(installed("old.dll"), "old");
  vm.put(installed("tool.exe"), "tool 1");
  vm.put(std::string(kWorkFolder) + "\\staged\\0001-tool.exe", "tool 2");
  const std::string start = vm.picture();
  const files::PlaceFiles place(kInstallFolder, kWorkFolder,
                                std::vector<files::PlacedFile>{{"tool.exe", "0001-tool.exe",
                                                                machine::sha256_of("tool 2"), 6}});
  auto removal = remove({installed("old.dll")}, {});
  const Json place_before = place.capture(vm.machine());
  place.apply(vm.machine(), place_before, vm.in(kEnoughMs));
  const Json removal_before = removal->capture(vm.machine());
  removal->apply(vm.machine(), removal_before, vm.in(kEnoughMs));
  EXPECT_EQ(Json::parse(vm.content(std::string(kWorkFolder) + "\\before.json")).size(), 2U);

  removal->undo(vm.machine(), removal_before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(place.probe(vm.machine(), place_before, nullptr), Probe::kAfter);
  place.undo(vm.machine(), place_before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(vm.picture(), start);
}

}  // namespace

std::vector<Scenario> remove_files_scenarios() {
  return {{.name = "remove_files_of_an_installation",
           .prepare = prepare_installation,
           .action = removal_of_all,
           .outlasts_a_boot = true,
           .interfere = [](TestVm& vm) { vm.put(installed("bpftool.exe"), "somebody else's"); },
           .is_left =
               [](TestVm& vm) {
                 return vm.content(installed("bpftool.exe")) == "somebody else's" &&
                        vm.content(installed("drivers\\eBPFCore.sys")) == "core";
               }},
          {.name = "remove_files_and_the_whole_folder_in_use",
           .prepare = [](TestVm& vm) { vm.add_driver("EbpfCore", true); },
           .action =
               [](TestVm&) {
                 return remove({driver_image("EbpfCore")}, {installed("drivers"), kInstallFolder});
               }},
          {.name = "remove_files_that_are_absent",
           .prepare = [](TestVm&) {},
           .action = removal_of_all,
           .changes_nothing = true,
           .outlasts_a_boot = true}};
}

}  // namespace actions::testing
