// add-to-path and remove-from-path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/registry/add_to_path.h"
#include "actions/registry/remove_from_path.h"
#include "actions/registry/search_path.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using machine::RegistryType;
using machine::RegistryValue;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kEnvironmentKey =
    R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)";
const std::string kPathFolder = kInstallFolder;
const std::string kBase = R"(%SystemRoot%\system32;C:\Tools)";

void set_path(TestVm& vm, const std::string& text,
              RegistryType type = RegistryType::kExpandString) {
  vm.registry().set(kEnvironmentKey, "Path", {type, text});
}
std::string path(TestVm& vm) { return vm.registry().get(kEnvironmentKey, "Path").value().data; }

struct Undone {
  std::string applied;
  std::string undone;
};
// Applies to `text`, lets somebody else make `theirs` of the result ("$" stands for it; empty:
// nobody does), undoes.
template <typename Kind>
Undone run(const std::string& text, const std::string& theirs = "") {
  TestVm vm;
  set_path(vm, text);
  const Kind action(kPathFolder);
  const Json before = as_text(action.capture(vm.machine()));
  const Json after = as_text(action.apply(vm.machine(), before, vm.in(kEnoughMs)));
  Undone paths{path(vm), ""};
  if (!theirs.empty()) {
    std::string changed = theirs;
    const std::size_t place = changed.find('$');
    if (place != std::string::npos) changed.replace(place, 1, paths.applied);
    set_path(vm, changed);
  }
  EXPECT_TRUE(action.undo(vm.machine(), before, after, vm.in(kEnoughMs)).foreign.empty());
  paths.undone = path(vm);
  return paths;
}

TEST(SearchPath, Is_put_together_again_byte_for_byte) {
  for (const std::string text :
       {"", ";", ";;", "a", "a;", ";a", "a;;b;", "\"a;b\";c", "\"a;b", "%X%;\xc3\xa4; b "}) {
    EXPECT_EQ(registry::SearchPath(text).text(), text);
  }
  EXPECT_THAT(registry::SearchPath("\"a;b\";c").segments, ElementsAre("\"a;b\"", "c"));
  EXPECT_THAT(registry::SearchPath("\"a;b").segments, ElementsAre("\"a", "b"));
}

TEST(SearchPath, A_folder_is_known_in_every_spelling) {
  TestVm vm;
  const registry::PathFolder folder(kPathFolder, vm.machine());
  for (const char* spelling :
       {R"(C:\Program Files\ebpf-for-windows)", R"(c:\PROGRAM FILES\EBPF-for-Windows)",
        R"("C:\Program Files\ebpf-for-windows")", R"(C:\Program Files\ebpf-for-windows\)",
        R"("C:\Program Files\ebpf-for-windows\\")", R"(C:/Program Files/ebpf-for-windows/)",
        R"( C:\Program Files\ebpf-for-windows )", R"(%ProgramFiles%\ebpf-for-windows)",
        R"(%SystemDrive%\Program Files\ebpf-for-windows)"}) {
    EXPECT_TRUE(folder.is(spelling)) << spelling;
  }
  for (const char* other : {"", R"(C:\Program Files)", R"(C:\Program Files\ebpf-for-windows\bin)",
                            R"(C:\Program Files\ebpf-for-windows2)"}) {
    EXPECT_FALSE(folder.is(other)) << other;
  }
}

TEST(AddToPath, Is_appended_last_and_every_other_byte_and_the_type_stay) {
  for (const RegistryType type : {RegistryType::kString, RegistryType::kExpandString}) {
    TestVm vm;
    set_path(vm, kBase, type);
    const registry::AddToPath action(kPathFolder);
    const Json before = action.capture(vm.machine());
    action.apply(vm.machine(), before, vm.in(kEnoughMs));
    EXPECT_EQ(vm.registry().get(kEnvironmentKey, "Path"),
              (RegistryValue{type, kBase + ";" + kPathFolder}));
    action.undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
    EXPECT_EQ(vm.registry().get(kEnvironmentKey, "Path"), (RegistryValue{type, kBase}));
  }
}

TEST(AddToPath, A_semicolon_at_the_end_is_used_and_comes_back) {
  const Undone paths = run<registry::AddToPath>(kBase + ";");
  EXPECT_EQ(paths.applied, kBase + ";" + kPathFolder);
  EXPECT_EQ(paths.undone, kBase + ";");
}

TEST(AddToPath, One_that_is_there_in_another_spelling_is_not_added_and_not_taken_out) {
  const std::string there = R"("c:\program files\EBPF-FOR-WINDOWS\";)" + kBase;
  const Undone paths = run<registry::AddToPath>(there);
  EXPECT_EQ(paths.applied, there);
  EXPECT_EQ(paths.undone, there);
}

TEST(AddToPath, Undo_takes_out_our_segment_only_whatever_others_added) {
  EXPECT_EQ(run<registry::AddToPath>(kBase, "$;C:\\Theirs").undone, kBase + ";C:\\Theirs");
  EXPECT_EQ(run<registry::AddToPath>(kBase, "C:\\Theirs;$").undone, "C:\\Theirs;" + kBase);
  EXPECT_EQ(run<registry::AddToPath>(kBase + ";", "$;C:\\Theirs").undone, kBase + ";C:\\Theirs");
  EXPECT_EQ(run<registry::AddToPath>(kBase + ";", "C:\\Theirs;$").undone,
            "C:\\Theirs;" + kBase + ";");
  EXPECT_EQ(run<registry::AddToPath>("", "C:\\Theirs;$").undone, "C:\\Theirs;");
}

TEST(AddToPath, Thirty_kilobytes_work) {
  std::string text = kBase;
  while (text.size() < 30'000)
    text += ";C:\\Program Files\\Something " + std::to_string(text.size());
  const Undone paths = run<registry::AddToPath>(text);
  EXPECT_EQ(paths.applied, text + ";" + kPathFolder);
  EXPECT_EQ(paths.undone, text);
}

// F-51: Windows' own limit is 32,767 characters with the NUL.
TEST(AddToPath, Beyond_the_longest_PATH_of_Windows_nothing_is_added) {
  const std::size_t room = 32'766 - kPathFolder.size() - 1;
  for (const std::size_t length : {room, room + 1}) {
    TestVm vm;
    set_path(vm, std::string(length, 'x'));
    const registry::AddToPath action(kPathFolder);
    const Json before = as_text(action.capture(vm.machine()));
    const auto failure =
        errors::failure_in([&] { action.apply(vm.machine(), before, vm.in(kEnoughMs)); });
    EXPECT_EQ(failure.has_value(), length > room);
    EXPECT_EQ(path(vm).size(), length > room ? length : 32'766U);
  }
}

TEST(AddToPath, A_machine_without_PATH_gets_one_and_undo_removes_it) {
  TestVm vm;
  vm.registry().remove_value(kEnvironmentKey, "Path");
  const registry::AddToPath action(kPathFolder);
  const Json before = action.capture(vm.machine());
  action.apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_EQ(vm.registry().get(kEnvironmentKey, "Path"),
            (RegistryValue{RegistryType::kExpandString, kPathFolder}));
  action.undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_FALSE(vm.registry().get(kEnvironmentKey, "Path"));
}

template <typename Kind>
void expect_refused_by_type() {
  TestVm vm;
  set_path(vm, "7", RegistryType::kDword);
  const std::string start = vm.picture();
  const Kind action(kPathFolder);
  const Json before = action.capture(vm.machine());
  const auto failure = failure_of([&] { action.apply(vm.machine(), before, vm.in(kEnoughMs)); });
  EXPECT_THAT(failure.message(), HasSubstr("REG_DWORD"));
  EXPECT_EQ(failure.object(), "PATH");
  EXPECT_TRUE(action.undo(vm.machine(), before, nullptr, vm.in(kEnoughMs)).foreign.empty());
  EXPECT_EQ(vm.picture(), start);
}

TEST(AddToPath, A_PATH_that_is_no_text_is_refused_and_its_type_named) {
  expect_refused_by_type<registry::AddToPath>();
}

TEST(RemoveFromPath, A_PATH_that_is_no_text_is_refused_and_its_type_named) {
  expect_refused_by_type<registry::RemoveFromPath>();
}

TEST(RemoveFromPath, Is_found_in_every_spelling_and_comes_back_as_it_was) {
  for (const std::string& segment : {kPathFolder, kPathFolder + "\\", "\"" + kPathFolder + "\"",
                                     std::string(R"(%ProgramFiles%\EBPF-for-windows)")}) {
    for (const auto& [front, back] :
         {std::pair{std::string(), ";" + kBase}, std::pair{kBase + ";", std::string()},
          std::pair{kBase + ";", std::string(";C:\\Last;")},
          std::pair{std::string(), std::string()}}) {
      const Undone paths = run<registry::RemoveFromPath>(front + segment + back);
      std::string rest = front + back;  // but for one semicolon
      if (!rest.empty()) rest.erase(front.empty() ? 0 : front.size() - 1, 1);
      EXPECT_EQ(paths.applied, rest);
      EXPECT_EQ(paths.undone, front + segment + back);
    }
  }
}

TEST(RemoveFromPath, All_of_several_go_and_each_comes_back_to_its_place) {
  const std::string text = kPathFolder + ";A;" + kPathFolder + "\\;B;C";
  const Undone paths = run<registry::RemoveFromPath>(text);
  EXPECT_EQ(paths.applied, "A;B;C");
  EXPECT_EQ(paths.undone, text);
  EXPECT_EQ(run<registry::RemoveFromPath>(text, "$;D").undone, text + ";D");
}

TEST(RemoveFromPath, Undo_puts_it_as_near_to_its_place_as_others_changes_allow) {
  const std::string text = "A;B;" + kPathFolder + ";C";
  EXPECT_EQ(run<registry::RemoveFromPath>(text, "X;$;Y").undone, "X;A;B;" + kPathFolder + ";C;Y");
  EXPECT_EQ(run<registry::RemoveFromPath>(text, "A;C").undone, "A;" + kPathFolder + ";C");
  EXPECT_EQ(run<registry::RemoveFromPath>(text, "X;C").undone, "X;" + kPathFolder + ";C");
  EXPECT_EQ(run<registry::RemoveFromPath>(text, "X").undone, "X;" + kPathFolder);
  EXPECT_EQ(run<registry::RemoveFromPath>(text, "X;" + kPathFolder).undone, "X;" + kPathFolder);
}

template <typename Kind>
std::vector<Scenario> scenarios(const std::string& kind, const std::string& to_be_changed,
                                const std::string& wanted) {
  const auto with = [](const std::string& text) {
    return [text](TestVm& vm) { set_path(vm, text); };
  };
  const auto action = [](TestVm&) { return std::make_unique<Kind>(kPathFolder); };
  const auto spoil = [](TestVm& vm) { set_path(vm, "A\nB", RegistryType::kMultiString); };
  const auto is_spoilt = [](TestVm& vm) {
    return vm.registry().get(kEnvironmentKey, "Path")->type == RegistryType::kMultiString;
  };
  return {{.name = kind + "_changes_it",
           .prepare = with(to_be_changed),
           .action = action,
           .outlasts_a_boot = true,
           .interfere = spoil,
           .is_left = is_spoilt},
          {.name = kind + "_changes_it_with_a_semicolon_at_the_end",
           .prepare = with(to_be_changed + ";"),
           .action = action,
           .outlasts_a_boot = true,
           .interfere = [](TestVm& vm) { vm.registry().remove_value(kEnvironmentKey, "Path"); },
           .is_left = [](TestVm& vm) { return !vm.registry().get(kEnvironmentKey, "Path"); }},
          {.name = kind + "_that_is_as_wanted",
           .prepare = with(wanted),
           .action = action,
           .changes_nothing = true,
           .outlasts_a_boot = true}};
}

}  // namespace

std::vector<Scenario> add_to_path_scenarios() {
  return scenarios<registry::AddToPath>("add_to_path", kBase, kBase + ";" + kPathFolder + "\\");
}

std::vector<Scenario> remove_from_path_scenarios() {
  return scenarios<registry::RemoveFromPath>("remove_from_path", "A;\"" + kPathFolder + "\";B",
                                             kBase);
}

}  // namespace actions::testing
