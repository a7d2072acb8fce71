#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/registry/ebpf_store.h"
#include "actions/registry/remove_store_entries.h"
#include "actions/registry/run_store_export.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using machine::RegistryType;
using machine::RegistryValue;
using ::testing::IsEmpty;

constexpr std::int64_t kEnoughForToolMs = 120'000;
const std::string kStoreTool = std::string(kInstallFolder) + R"(\export_program_info.exe)";
constexpr const char* kStore = R"(HKLM\Software\eBPF)";
const std::string kBindSection = std::string(kStore) + R"(\Providers\SectionData\bind)";
const std::string kTheirSection = std::string(kStore) + R"(\Providers\SectionData\xdp)";
const RegistryValue kDwordOne{RegistryType::kDword, "1"};

void export_store(TestVm& vm) {
  vm.put_image(kStoreTool, "the version");
  const registry::RunStoreExport action(kStoreTool);
  action.apply(vm.machine(), action.capture(vm.machine()), vm.in(kEnoughForToolMs));
}

void prepare(TestVm& vm) {
  export_store(vm);
  vm.registry().set(kTheirSection, "BpfProgType", kDwordOne);
  vm.registry().set(kBindSection, "TheirName", kDwordOne);
  vm.registry().set(kStore, "EbpfDisableRuntimeUpdate", kDwordOne);
}

// What an export onto an empty store puts there.
Json ours() {
  TestVm vm;
  export_store(vm);
  return registry::EbpfStore::on(vm.machine()).image();
}

std::unique_ptr<Action> store_removal(TestVm& /*vm*/) {
  return std::make_unique<registry::RemoveStoreEntries>(ours());
}

TEST(RemoveStoreEntries, Takes_out_what_is_ours_and_no_value_of_others) {
  TestVm vm;
  prepare(vm);
  auto action = store_removal(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughForToolMs));
  EXPECT_FALSE(vm.registry().get(kBindSection, "ProgramType"));
  EXPECT_EQ(vm.registry().get(kBindSection, "TheirName"), kDwordOne);
  EXPECT_EQ(vm.registry().get(kTheirSection, "BpfProgType"), kDwordOne);
  EXPECT_EQ(vm.registry().get(kStore, "EbpfDisableRuntimeUpdate"), kDwordOne);
  EXPECT_THAT(vm.registry().subtree(std::string(kStore) + R"(\Providers\ProgramData)"), IsEmpty());
}

// The journal has been lost: only the tool knows what it has written.
std::unique_ptr<Action> removal_by_tool(TestVm& /*vm*/) {
  return std::make_unique<registry::RemoveStoreEntries>(registry::EbpfStore().image(), kStoreTool);
}

TEST(RemoveStoreEntries, Where_the_journal_knows_none_it_takes_out_what_the_tool_writes) {
  TestVm vm;
  vm.registry().set(kTheirSection, "BpfProgType", kDwordOne);
  vm.registry().set(kBindSection, "TheirName", kDwordOne);
  vm.registry().set(kStore, "EbpfDisableRuntimeUpdate", kDwordOne);
  vm.put_image(kStoreTool, "the version");
  const std::string before = vm.picture();
  export_store(vm);
  auto action = revived(*removal_by_tool(vm));
  action->apply(vm.machine(), as_text(action->capture(vm.machine())), vm.in(kEnoughForToolMs));
  EXPECT_EQ(vm.picture(), before);
}

TEST(RemoveStoreEntries, A_tool_that_failed_leaves_what_its_undo_gives_back) {
  TestVm vm;
  prepare(vm);
  const std::string before = vm.picture();
  vm.arm("path:" + kStoreTool, {"exits=1"});
  auto action = removal_by_tool(vm);
  const Json found = as_text(action->capture(vm.machine()));
  EXPECT_THAT(
      failure_of([&] { action->apply(vm.machine(), found, vm.in(kEnoughForToolMs)); }).message(),
      ::testing::HasSubstr("export_program_info.exe"));
  action->undo(vm.machine(), found, nullptr, vm.in(kEnoughForToolMs));
  vm.arm("path:" + kStoreTool, {"clear"});
  EXPECT_EQ(vm.picture(), before);
}

// A power cut may have come while the tool wrote: what is there no more is in the before-image.
TEST(RemoveStoreEntries, Run_again_on_a_store_that_it_has_emptied_it_brings_back_what_others_had) {
  TestVm vm;
  prepare(vm);
  auto action = removal_by_tool(vm);
  const Json found = as_text(action->capture(vm.machine()));
  for (const auto& key : vm.registry().subtree(std::string(kStore) + R"(\Providers)")) {
    for (const auto& [name, value] : key.values)
      vm.registry().remove_value(key.key, name);
  }
  action->apply(vm.machine(), found, vm.in(kEnoughForToolMs));
  EXPECT_EQ(vm.registry().get(kTheirSection, "BpfProgType"), kDwordOne);
  EXPECT_EQ(vm.registry().get(kBindSection, "TheirName"), kDwordOne);
  EXPECT_FALSE(vm.registry().get(kBindSection, "ProgramType"));
}

TEST(RemoveStoreEntries, With_nothing_of_others_no_key_is_left) {
  TestVm vm;
  const std::string empty = vm.picture();
  export_store(vm);
  vm.files().remove(kStoreTool);
  auto action = store_removal(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughForToolMs));
  EXPECT_THAT(vm.registry().subtree(kStore), IsEmpty());
  EXPECT_THAT(vm.registry().subtree(R"(HKU\S-1-5-18\Software\eBPF)"), IsEmpty());
}

TEST(RemoveStoreEntries, A_value_that_another_version_wrote_over_ours_stays) {
  TestVm vm;
  prepare(vm);
  vm.registry().set(kBindSection, "ProgramType", kDwordOne);
  auto action = store_removal(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughForToolMs));
  EXPECT_EQ(vm.registry().get(kBindSection, "ProgramType"), kDwordOne);
}

}  // namespace

std::vector<Scenario> remove_store_entries_scenarios() {
  return {
      {.name = "remove_store_entries_beside_others",
       .prepare = prepare,
       .action = store_removal,
       .outlasts_a_boot = true,
       .interfere = [](TestVm& vm) { vm.registry().set(kBindSection, "ProgramType", kDwordOne); },
       .is_left =
           [](TestVm& vm) { return vm.registry().get(kBindSection, "ProgramType") == kDwordOne; }},
      {.name = "remove_store_entries_that_the_tool_writes",
       .prepare = prepare,
       .action = removal_by_tool,
       .outlasts_a_boot = true,
       .interfere = [](TestVm& vm) { vm.registry().set(kBindSection, "ProgramType", kDwordOne); },
       .is_left =
           [](TestVm& vm) { return vm.registry().get(kBindSection, "ProgramType") == kDwordOne; }},
      {.name = "remove_store_entries_that_are_gone",
       .prepare = [](TestVm& vm) { vm.registry().set(kTheirSection, "BpfProgType", kDwordOne); },
       .action = store_removal,
       .changes_nothing = true,
       .outlasts_a_boot = true}};
}

}  // namespace actions::testing
