#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/files/file_tree.h"
#include "actions/files/preserve_installation.h"
#include "actions/registry/netsh_helpers.h"
#include "actions/registry/search_path.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kTracingTask = "eBpfTracingStartupTask";
constexpr const char* kTracingXml = "<Task><Actions>trace</Actions></Task>";

std::string copy_of(const std::string& number) {
  return std::string(kWorkFolder) + R"(\retained\preserved-)" + number;
}

std::unique_ptr<Action> preservation(TestVm& /*vm*/) {
  return std::make_unique<files::PreserveInstallation>(
      kWorkFolder, files::Installation{kInstallFolder,
                                       {"EbpfCore", "NetEbpfExt", "eBPFSvc"},
                                       {kTracingTask},
                                       installed("ebpfnetsh.dll")});
}

void put_path(TestVm& vm, const std::string& text) {
  registry::MachinePath(vm.machine())
      .put(machine::RegistryValue{machine::RegistryType::kExpandString, text});
}

void prepare_preserved(TestVm& vm) {
  vm.put(installed("eBPFtool.exe"), "tool");
  vm.files().set_readonly(installed("eBPFtool.exe"), true);
  vm.put(installed("Status\\0.status"), "theirs");
  vm.make_folder(installed("RuntimeSettings"));
  vm.add_driver("EbpfCore", false);
  vm.add_driver("NetEbpfExt", false);
  vm.tasks().put(kTracingTask, kTracingXml);
  vm.tasks().set_enabled(kTracingTask, false);
  put_path(vm, std::string(R"(%SystemRoot%\system32;)") + kInstallFolder + R"(;C:\Tools)");
  vm.registry().set(registry::kNetshKey, "ebpfnetsh",
                    {machine::RegistryType::kString, "ebpfnetsh.dll"});
}

void delete_tree(TestVm& vm, const std::string& folder) {
  const files::FileTree tree = files::FileTree::below(vm.files(), folder);
  for (const files::FileTree::File& file : tree.files) {
    vm.files().set_readonly(file.path, false);
    vm.files().remove(file.path);
  }
  for (auto path = tree.folders.rbegin(); path != tree.folders.rend(); ++path)
    vm.files().remove_folder(*path);
}

// What the predecessor's uninstall does.
void uninstall_all(TestVm& vm) {
  vm.services().remove("EbpfCore");
  vm.services().remove("NetEbpfExt");
  vm.tasks().remove(kTracingTask);
  put_path(vm, R"(%SystemRoot%\system32;C:\Tools)");
  vm.registry().remove_value(registry::kNetshKey, "ebpfnetsh");
  delete_tree(vm, kInstallFolder);
}

struct Preserved {
  Preserved() {
    prepare_preserved(vm);
    start = vm.picture();
    before = as_text(action->capture(vm.machine()));
    after = as_text(action->apply(vm.machine(), before, vm.in(kEnoughMs)));
  }
  UndoResult undo(const Json& known) {
    return revived(*action)->undo(vm.machine(), before, known, vm.in(kEnoughMs));
  }

  TestVm vm;
  std::unique_ptr<Action> action = preservation(vm);
  std::string start;
  Json before;
  Json after;
};

TEST(PreserveInstallation, What_its_own_uninstall_removed_is_back_to_the_last_byte) {
  for (const bool known : {true, false}) {
    Preserved it;
    uninstall_all(it.vm);
    for (int time = 0; time < 2; ++time) {
      const UndoResult result = it.undo(known ? it.after : Json());
      EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
      EXPECT_THAT(result.foreign, IsEmpty());
      EXPECT_EQ(it.vm.picture(), it.start);
    }
  }
}

TEST(PreserveInstallation, What_was_removed_in_part_is_back_too) {
  Preserved it;
  it.vm.services().remove("NetEbpfExt");
  it.vm.files().remove(installed("Status\\0.status"));
  EXPECT_THAT(it.undo(it.after).foreign, IsEmpty());
  EXPECT_EQ(it.vm.picture(), it.start);
}

TEST(PreserveInstallation, A_file_that_differs_is_left_and_its_copy_is_kept) {
  Preserved it;
  uninstall_all(it.vm);
  it.vm.put(installed("Status\\0.status"), "newer");
  const UndoResult result = it.undo(it.after);
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("0.status is not the file")));
  EXPECT_EQ(it.vm.content(installed("Status\\0.status")), "newer");
  EXPECT_EQ(it.vm.content(installed("eBPFtool.exe")), "tool");
  EXPECT_TRUE(it.vm.exists(std::string(kWorkFolder) + "\\before.json"));
}

TEST(PreserveInstallation, A_copy_that_is_lost_fails_undo_and_the_rest_comes_back) {
  Preserved it;
  uninstall_all(it.vm);
  it.vm.files().remove(copy_of("0001"));
  const UndoResult result = it.undo(it.after);
  EXPECT_EQ(result.kind, UndoResult::Kind::kFailed);
  EXPECT_TRUE(it.vm.services().config("EbpfCore"));
  EXPECT_EQ(it.vm.content(installed("Status\\0.status")), "theirs");
}

TEST(PreserveInstallation, A_damaged_copy_is_never_put_in_place) {
  Preserved it;
  uninstall_all(it.vm);
  it.vm.files().remove(copy_of("0001"));
  it.vm.put(copy_of("0001"), "bits");
  EXPECT_EQ(it.undo(it.after).kind, UndoResult::Kind::kFailed);
  EXPECT_FALSE(it.vm.exists(installed("eBPFtool.exe")));
}

TEST(PreserveInstallation, A_file_that_changes_while_it_is_copied_is_refused) {
  TestVm vm;
  prepare_preserved(vm);
  auto action = preservation(vm);
  const Json before = action->capture(vm.machine());
  vm.files().remove(installed("Status\\0.status"));
  vm.put(installed("Status\\0.status"), "newer");
  const auto failure = failure_of([&] { action->apply(vm.machine(), before, vm.in(kEnoughMs)); });
  EXPECT_EQ(failure.code(), ExitCode::kCopyFile);
  EXPECT_THAT(failure.message(), HasSubstr("0.status"));
}

TEST(PreserveInstallation, A_task_that_cannot_be_read_is_named_and_the_rest_is_put_back) {
  TestVm vm;
  prepare_preserved(vm);
  vm.arm("tasks", {"fails=2147746132"});
  const auto action = preservation(vm);
  const Json before = as_text(action->capture(vm.machine()));
  const Json after = as_text(action->apply(vm.machine(), before, vm.in(kEnoughMs)));
  const auto shortfall = action->shortfall(before, after);
  ASSERT_TRUE(shortfall);
  EXPECT_EQ(shortfall->object(), kTracingTask);
  EXPECT_EQ(action->probe(vm.machine(), before, after), Probe::kAfter);
  delete_tree(vm, kInstallFolder);
  vm.services().remove("EbpfCore");
  const UndoResult result = action->undo(vm.machine(), before, after, vm.in(kEnoughMs));
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr(kTracingTask)));
  EXPECT_TRUE(vm.services().config("EbpfCore"));
  EXPECT_EQ(vm.content(installed("eBPFtool.exe")), "tool");
}

TEST(PreserveInstallation, A_task_that_cannot_be_put_back_is_named_and_the_rest_is_put_back) {
  Preserved it;
  uninstall_all(it.vm);
  it.vm.arm("tasks", {"fails=2147746132"});
  const UndoResult result = it.undo(it.after);
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr(kTracingTask)));
  EXPECT_TRUE(it.vm.services().config("NetEbpfExt"));
  EXPECT_EQ(it.vm.content(installed("Status\\0.status")), "theirs");
}

TEST(PreserveInstallation, A_service_that_is_on_its_way_out_waits_for_the_boot) {
  Preserved it;
  it.vm.arm("service:EbpfCore", {"held-open"});
  it.vm.services().remove("EbpfCore");
  const UndoResult result = it.undo(it.after);
  EXPECT_EQ(result.kind, UndoResult::Kind::kRebootNeeded);
  EXPECT_THAT(result.pending, Contains(HasSubstr("EbpfCore is marked for deletion")));
}

TEST(FileTree, Is_bounded_and_never_follows_what_is_no_folder) {
  TestVm vm;
  vm.put(R"(C:\many\here)", "x");
  EXPECT_THAT(files::FileTree::below(vm.files(), R"(C:\many\here)").files, IsEmpty());
  EXPECT_THAT(files::FileTree::below(vm.files(), R"(C:\absent)").folders, IsEmpty());
  for (std::size_t i = 0; i < files::FileTree::kMostEntries; ++i)
    vm.files().write(R"(C:\many\)" + std::to_string(i), "");
  EXPECT_EQ(failure_of([&] { files::FileTree::below(vm.files(), R"(C:\many)"); }).code(),
            ExitCode::kCopyFile);
}

}  // namespace

std::vector<Scenario> preserve_installation_scenarios() {
  return {{.name = "preserve_installation_with_all_its_parts",
           .prepare = prepare_preserved,
           .action = preservation,
           .outlasts_a_boot = true,
           .interfere =
               [](TestVm& vm) {
                 vm.files().remove(installed("Status\\0.status"));
                 vm.put(installed("Status\\0.status"), "somebody else's");
                 vm.tasks().put(kTracingTask, "<Task><Actions>theirs</Actions></Task>");
               },
           .is_left =
               [](TestVm& vm) {
                 return vm.content(installed("Status\\0.status")) == "somebody else's" &&
                        vm.tasks().get(kTracingTask)->xml.find("theirs") != std::string::npos;
               }},
          {.name = "preserve_installation_without_a_folder",
           .prepare = [](TestVm&) {},
           .action = preservation,
           .changes_nothing = true,
           .outlasts_a_boot = true}};
}

}  // namespace actions::testing
