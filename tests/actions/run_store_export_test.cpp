#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/registry/run_store_export.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using machine::RegistryType;
using machine::RegistryValue;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kEnoughForExportMs = 120'000;
const std::string kTool = std::string(kInstallFolder) + R"(\export_program_info.exe)";
constexpr const char* kTop = R"(HKLM\Software\eBPF)";
const std::string kBind = std::string(kTop) + R"(\Providers\SectionData\bind)";
const std::string kTheirs = std::string(kTop) + R"(\Providers\SectionData\xdp)";
const RegistryValue kOne{RegistryType::kDword, "1"};

std::unique_ptr<Action> store_export(TestVm& /*vm*/) {
  return std::make_unique<registry::RunStoreExport>(kTool);
}

void put_tool(TestVm& vm) { vm.put_image(kTool, "the new version"); }

// The store of an older version, another extension's rows and the policy value.
void prepare_older_store(TestVm& vm) {
  vm.put_image(kTool, "the old version");
  auto action = store_export(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughForExportMs));
  vm.registry().set(kTheirs, "BpfProgType", kOne);
  vm.registry().set(kTop, "EbpfDisableRuntimeUpdate", kOne);
  vm.files().remove(kTool);
  put_tool(vm);
}

TEST(RunStoreExport, Writes_the_store_and_undo_leaves_no_key_of_it) {
  TestVm vm;
  put_tool(vm);
  auto action = store_export(vm);
  const Json before = as_text(action->capture(vm.machine()));
  const Json after = as_text(action->apply(vm.machine(), before, vm.in(kEnoughForExportMs)));
  EXPECT_TRUE(vm.registry().get(kBind, "ProgramType"));
  action->undo(vm.machine(), before, after, vm.in(kEnoughForExportMs));
  EXPECT_THAT(vm.registry().subtree(kTop), IsEmpty());
  EXPECT_THAT(vm.registry().subtree(R"(HKU\S-1-5-18\Software\eBPF)"), IsEmpty());
}

TEST(RunStoreExport, Undo_brings_back_exactly_the_store_of_the_older_version) {
  TestVm vm;
  prepare_older_store(vm);
  const auto store = vm.registry().subtree(kTop);
  auto action = store_export(vm);
  const Json before = as_text(action->capture(vm.machine()));
  const Json after = as_text(action->apply(vm.machine(), before, vm.in(kEnoughForExportMs)));
  EXPECT_NE(vm.registry().subtree(kTop), store);
  EXPECT_EQ(vm.registry().get(kTheirs, "BpfProgType"), kOne);
  action->undo(vm.machine(), before, after, vm.in(kEnoughForExportMs));
  EXPECT_EQ(vm.registry().subtree(kTop), store);
}

TEST(RunStoreExport, A_policy_that_is_set_meanwhile_stays) {
  TestVm vm;
  put_tool(vm);
  auto action = store_export(vm);
  const Json before = as_text(action->capture(vm.machine()));
  action->apply(vm.machine(), before, vm.in(kEnoughForExportMs));
  vm.registry().set(kTop, "EbpfDisableRuntimeUpdate", kOne);
  EXPECT_THAT(action->undo(vm.machine(), before, nullptr, vm.in(kEnoughForExportMs)).foreign,
              IsEmpty());
  const auto keys = vm.registry().subtree(kTop);
  ASSERT_THAT(keys, SizeIs(1));
  EXPECT_EQ(keys[0].values.at("EbpfDisableRuntimeUpdate"), kOne);
}

TEST(RunStoreExport, Clearing_takes_everything_and_undo_gives_it_back) {
  TestVm vm;
  prepare_older_store(vm);
  const std::string start = vm.picture();
  const registry::RunStoreExport action(kTool, std::vector<std::string>{"--clear"});
  const Json before = as_text(action.capture(vm.machine()));
  const Json after = as_text(action.apply(vm.machine(), before, vm.in(kEnoughForExportMs)));
  EXPECT_FALSE(vm.registry().get(kTheirs, "BpfProgType"));
  EXPECT_EQ(vm.registry().get(kTop, "EbpfDisableRuntimeUpdate"), kOne);
  action.undo(vm.machine(), before, after, vm.in(kEnoughForExportMs));
  EXPECT_EQ(vm.picture(), start);
}

TEST(RunStoreExport, A_missing_tool_fails_with_its_code) {
  TestVm vm;
  vm.make_folder(kInstallFolder);
  auto action = store_export(vm);
  const auto failure = failure_of([&] {
    action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughForExportMs));
  });
  EXPECT_EQ(failure.system()->code, 2);
  EXPECT_THAT(failure.message(), HasSubstr("export_program_info.exe"));
}

TEST(RunStoreExport, Another_exit_code_than_0_is_a_failure_that_names_it) {
  TestVm vm;
  put_tool(vm);
  vm.arm("path:" + kTool, {"exits=1"});
  auto action = store_export(vm);
  const auto failure = failure_of([&] {
    action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughForExportMs));
  });
  EXPECT_EQ(failure.code(), errors::ExitCode::kUpdateStore);  // 1022
  EXPECT_EQ(failure.system()->code, 1);
  EXPECT_THAT(failure.message(), HasSubstr("exit code 1"));
}

TEST(RunStoreExport, One_that_hangs_is_given_up_after_a_minute) {
  TestVm vm;
  put_tool(vm);
  vm.arm("path:" + kTool, {"hangs"});
  auto action = store_export(vm);
  const auto begin = vm.system().monotonic_ms();
  const auto failure = failure_of([&] {
    action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughForExportMs));
  });
  EXPECT_EQ(failure.code(), ExitCode::kOutOfTime);
  EXPECT_LT(vm.system().monotonic_ms(), begin + 61'000);
}

}  // namespace

std::vector<Scenario> run_store_export_scenarios() {
  const auto write_theirs = [](TestVm& vm) { vm.registry().set(kBind, "ProgramType", kOne); };
  const auto is_theirs = [](TestVm& vm) { return vm.registry().get(kBind, "ProgramType") == kOne; };
  return {{.name = "run_store_export_for_the_first_time",
           .prepare = put_tool,
           .action = store_export,
           .outlasts_a_boot = true,
           .interfere = write_theirs,
           .is_left = is_theirs},
          {.name = "run_store_export_over_another_version",
           .prepare = prepare_older_store,
           .action = store_export,
           .outlasts_a_boot = true,
           .interfere = write_theirs,
           .is_left = is_theirs},
          {.name = "run_store_export_again",
           .prepare =
               [](TestVm& vm) {
                 prepare_older_store(vm);
                 auto action = store_export(vm);
                 action->apply(vm.machine(), action->capture(vm.machine()),
                               vm.in(kEnoughForExportMs));
               },
           .action = store_export,
           .changes_nothing = true,
           .outlasts_a_boot = true}};
}

}  // namespace actions::testing
