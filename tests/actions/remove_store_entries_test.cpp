#include "actions/remove_store_entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/ebpf_store.h"
#include "actions/run_store_export.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using machine::RegistryType;
using machine::RegistryValue;
using ::testing::IsEmpty;

constexpr std::int64_t kEnoughMs = 120'000;
const std::string kTool = std::string(kInstallFolder) + R"(\export_program_info.exe)";
constexpr const char* kTop = R"(HKLM\Software\eBPF)";
const std::string kBind = std::string(kTop) + R"(\Providers\SectionData\bind)";
const std::string kTheirs = std::string(kTop) + R"(\Providers\SectionData\xdp)";
const RegistryValue kOne{RegistryType::kDword, "1"};

void export_store(TestVm& vm) {
  vm.put_image(kTool, "the version");
  const RunStoreExport action(kTool);
  action.apply(vm.machine(), action.capture(vm.machine()), vm.in(kEnoughMs));
}

void prepare(TestVm& vm) {
  export_store(vm);
  vm.registry().set(kTheirs, "BpfProgType", kOne);
  vm.registry().set(kBind, "TheirName", kOne);
  vm.registry().set(kTop, "EbpfDisableRuntimeUpdate", kOne);
}

// What an export onto an empty store puts there.
Json ours() {
  TestVm vm;
  export_store(vm);
  return EbpfStore::on(vm.machine()).image();
}

std::unique_ptr<Action> removal(TestVm& /*vm*/) {
  return std::make_unique<RemoveStoreEntries>(ours());
}

TEST(RemoveStoreEntries, Takes_out_what_is_ours_and_no_value_of_others) {
  TestVm vm;
  prepare(vm);
  auto action = removal(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_FALSE(vm.registry().get(kBind, "ProgramType"));
  EXPECT_EQ(vm.registry().get(kBind, "TheirName"), kOne);
  EXPECT_EQ(vm.registry().get(kTheirs, "BpfProgType"), kOne);
  EXPECT_EQ(vm.registry().get(kTop, "EbpfDisableRuntimeUpdate"), kOne);
  EXPECT_THAT(vm.registry().subtree(std::string(kTop) + R"(\Providers\ProgramData)"), IsEmpty());
}

TEST(RemoveStoreEntries, With_nothing_of_others_no_key_is_left) {
  TestVm vm;
  const std::string empty = vm.picture();
  export_store(vm);
  vm.files().remove(kTool);
  auto action = removal(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_THAT(vm.registry().subtree(kTop), IsEmpty());
  EXPECT_THAT(vm.registry().subtree(R"(HKU\S-1-5-18\Software\eBPF)"), IsEmpty());
}

TEST(RemoveStoreEntries, A_value_that_another_version_wrote_over_ours_stays) {
  TestVm vm;
  prepare(vm);
  vm.registry().set(kBind, "ProgramType", kOne);
  auto action = removal(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_EQ(vm.registry().get(kBind, "ProgramType"), kOne);
}

}  // namespace

std::vector<Scenario> remove_store_entries_scenarios() {
  return {{.name = "remove_store_entries_beside_others",
           .prepare = prepare,
           .action = removal,
           .outlasts_a_boot = true,
           .interfere = [](TestVm& vm) { vm.registry().set(kBind, "ProgramType", kOne); },
           .is_left = [](TestVm& vm) { return vm.registry().get(kBind, "ProgramType") == kOne; }},
          {.name = "remove_store_entries_that_are_gone",
           .prepare = [](TestVm& vm) { vm.registry().set(kTheirs, "BpfProgType", kOne); },
           .action = removal,
           .changes_nothing = true,
           .outlasts_a_boot = true}};
}

}  // namespace actions::testing
