#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/files/stage_files.h"
#include "actions/machine/sha256.h"
#include "actions/machine/simulated/vm.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kStaged = std::string(kWorkFolder) + "\\staged";

files::StagedFile staged(TestVm& vm, const std::string& source, const std::string& name,
                         const std::string& content) {
  vm.put_payload(source, content);
  return {source, name, content.size(), machine::sha256_of(content)};
}

std::unique_ptr<Action> three_files(TestVm& vm) {
  return std::make_unique<files::StageFiles>(
      vm.payload_folder(), kWorkFolder,
      std::vector<files::StagedFile>{
          staged(vm, "bpftool.exe", "0001-bpftool.exe", "tool"),
          staged(vm, "drivers/EbpfCore.sys", "0002-EbpfCore.sys", "core"),
          staged(vm, "empty.txt", "0003-empty.txt", "")});
}

TEST(StageFiles, A_file_with_another_content_is_named_and_refused_as_a_damaged_package) {
  TestVm vm;
  auto action = three_files(vm);
  vm.put_payload("drivers/EbpfCore.sys", "CORE");
  const auto failure = failure_of(
      [&] { action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs)); });
  EXPECT_EQ(failure.code(), ExitCode::kPackageDamaged);
  EXPECT_EQ(failure.object(), "drivers/EbpfCore.sys");
}

TEST(StageFiles, A_file_with_another_size_is_refused_as_a_damaged_package) {
  TestVm vm;
  auto action = three_files(vm);
  vm.put_payload("empty.txt", "not empty");
  const auto failure = failure_of(
      [&] { action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs)); });
  EXPECT_EQ(failure.code(), ExitCode::kPackageDamaged);
  EXPECT_THAT(failure.message(), HasSubstr("9 bytes"));
}

TEST(StageFiles, A_missing_file_fails_the_copy) {
  TestVm vm;
  const files::StageFiles action(
      vm.payload_folder(), kWorkFolder,
      std::vector<files::StagedFile>{{"none.dll", "0001-none.dll", 3, std::string(64, '0')}});
  const auto failure = failure_of(
      [&] { action.apply(vm.machine(), action.capture(vm.machine()), vm.in(kEnoughMs)); });
  EXPECT_EQ(failure.code(), ExitCode::kCopyFile);
}

TEST(StageFiles, A_full_disk_is_said_to_be_full_and_undo_leaves_nothing_on_it) {
  TestVm vm;
  auto action = three_files(vm);
  const std::string start = vm.picture();
  const Json before = action->capture(vm.machine());
  vm.arm("disk", {"full-at=1"});
  const auto failure = failure_of([&] { action->apply(vm.machine(), before, vm.in(kEnoughMs)); });
  EXPECT_EQ(failure.code(), ExitCode::kDiskFull);
  action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(vm.picture(), start);
}

TEST(StageFiles, Half_copied_files_of_an_earlier_try_are_made_anew) {
  TestVm vm;
  auto action = three_files(vm);
  const Json before = action->capture(vm.machine());
  vm.put(kStaged + "\\0002-EbpfCore.sys", "co");
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_EQ(vm.content(kStaged + "\\0002-EbpfCore.sys"), "core");
}

TEST(StageFiles, The_after_image_has_the_file_ids) {
  TestVm vm;
  auto action = three_files(vm);
  const Json after = action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_EQ(after.at("ids").at("0001-bpftool.exe"),
            vm.files().stat(kStaged + "\\0001-bpftool.exe")->id);
}

TEST(StageFiles, Past_its_deadline_it_stops_copying) {
  TestVm vm;
  auto action = three_files(vm);
  const auto failure =
      failure_of([&] { action->apply(vm.machine(), action->capture(vm.machine()), vm.in(0)); });
  EXPECT_EQ(failure.code(), ExitCode::kOutOfTime);
}

// Something that has one of the staged files loaded, as GuestProxyAgent has ebpfapi.dll.
void load_staged_driver(TestVm& vm) {
  vm.services().create("User", driver_config(kStaged + "\\0002-EbpfCore.sys"));
  vm.start("User");
}

std::unique_ptr<Action> files_with_an_image(TestVm& vm) {
  return std::make_unique<files::StageFiles>(
      vm.payload_folder(), kWorkFolder,
      std::vector<files::StagedFile>{staged(vm, "bpftool.exe", "0001-bpftool.exe", "tool"),
                                     staged(vm, "drivers/EbpfCore.sys", "0002-EbpfCore.sys",
                                            machine::simulated::minimal_image("core"))});
}

TEST(StageFiles, Undo_leaves_a_file_in_use_with_a_note_and_takes_it_away_once_it_is_free) {
  TestVm vm;
  const auto action = files_with_an_image(vm);
  const Json before = action->capture(vm.machine());
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  load_staged_driver(vm);
  const UndoResult left = action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(left.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(left.foreign, ElementsAre(HasSubstr("0002-EbpfCore.sys is in use")));
  EXPECT_FALSE(vm.exists(kStaged + "\\0001-bpftool.exe"));
  vm.stop("User");
  const UndoResult gone = action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_THAT(gone.foreign, IsEmpty());
  EXPECT_FALSE(vm.exists(kWorkFolder));
}

}  // namespace

std::vector<Scenario> stage_files_scenarios() {
  const std::string theirs = kStaged + "\\theirs.txt";
  return {{.name = "stage_files_into_a_new_work_folder",
           .prepare = [](TestVm&) {},
           .action = three_files,
           .outlasts_a_boot = true,
           .interfere = [theirs](TestVm& vm) { vm.put(theirs, "theirs"); },
           .is_left = [theirs](TestVm& vm) { return vm.content(theirs) == "theirs"; }},
          {.name = "stage_files_into_a_work_folder_that_is_there",
           .prepare = [](TestVm& vm) { vm.put(std::string(kWorkFolder) + "\\note.txt", "ours"); },
           .action = three_files,
           .outlasts_a_boot = true},
          {.name = "stage_files_one_of_which_is_then_in_use",
           .prepare = [](TestVm&) {},
           .action = files_with_an_image,
           .outlasts_a_boot = true,
           .interfere = load_staged_driver,
           .is_left =
               [](TestVm& vm) {
                 return vm.exists(kStaged + "\\0002-EbpfCore.sys") &&
                        !vm.exists(kStaged + "\\0001-bpftool.exe");
               }}};
}

}  // namespace actions::testing
