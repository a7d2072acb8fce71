// register-netsh-helper and unregister-netsh-helper.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/registry/netsh_helpers.h"
#include "actions/registry/register_netsh_helper.h"
#include "actions/registry/unregister_netsh_helper.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using machine::RegistryType;
using machine::RegistryValue;
using ::testing::HasSubstr;

const std::string kDll = std::string(kInstallFolder) + R"(\ebpfnetsh.dll)";

std::unique_ptr<Action> helper_registration(TestVm& /*vm*/) {
  return std::make_unique<registry::RegisterNetshHelper>(kDll);
}
std::unique_ptr<Action> helper_removal(TestVm& /*vm*/) {
  return std::make_unique<registry::UnregisterNetshHelper>(kDll);
}

std::function<void(TestVm&)> put(const std::string& name, const std::string& data) {
  return [=](TestVm& vm) {
    vm.registry().set(registry::kNetshKey, name, {RegistryType::kString, data});
  };
}
std::optional<RegistryValue> value(TestVm& vm, const std::string& name) {
  return vm.registry().get(registry::kNetshKey, name);
}

TEST(RegisterNetshHelper, A_new_one_is_named_as_the_DLL_and_others_stay) {
  TestVm vm;
  auto action = helper_registration(vm);
  action->apply(vm.machine(), action->capture(vm.machine()), vm.in(kEnoughMs));
  EXPECT_EQ(value(vm, "ebpfnetsh"), (RegistryValue{RegistryType::kString, kDll}));
  EXPECT_EQ(value(vm, "4")->data, "dhcpcmonitor.dll");
}

TEST(RegisterNetshHelper, One_that_leads_to_a_folder_that_is_gone_is_led_here_and_back) {
  TestVm vm;
  put("7", R"(D:\Gone\EBPFNETSH.dll)")(vm);
  auto action = helper_registration(vm);
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_EQ(value(vm, "7")->data, kDll);
  EXPECT_FALSE(value(vm, "ebpfnetsh"));  // netsh would load it twice
  action->undo(vm.machine(), before, after, vm.in(kEnoughMs));
  EXPECT_EQ(value(vm, "7")->data, R"(D:\Gone\EBPFNETSH.dll)");
}

TEST(UnregisterNetshHelper, Works_without_the_DLL_and_its_folder_and_leaves_no_dangling_value) {
  TestVm vm;
  put("ebpfnetsh", kDll)(vm);
  put("ebpfnetsh.dll", "EbpfNetsh.dll")(vm);
  put("theirs", R"(D:\Other\ebpfnetsh.dll)")(vm);
  ASSERT_FALSE(vm.exists(kInstallFolder));
  auto action = helper_removal(vm);
  const Json before = action->capture(vm.machine());
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_FALSE(value(vm, "ebpfnetsh"));
  EXPECT_FALSE(value(vm, "ebpfnetsh.dll"));
  EXPECT_TRUE(value(vm, "theirs"));
  action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(value(vm, "ebpfnetsh")->data, kDll);
  EXPECT_EQ(value(vm, "ebpfnetsh.dll")->data, "EbpfNetsh.dll");
  EXPECT_TRUE(action->deletes());
}

TEST(UnregisterNetshHelper, What_somebody_set_meanwhile_is_named) {
  TestVm vm;
  put("ebpfnetsh", kDll)(vm);
  auto action = helper_removal(vm);
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  put("ebpfnetsh", "theirs.dll")(vm);
  const UndoResult result = action->undo(vm.machine(), before, after, vm.in(kEnoughMs));
  ASSERT_EQ(result.foreign.size(), 1U);
  EXPECT_THAT(result.foreign.front(), HasSubstr(R"(NetSh\ebpfnetsh)"));
}

}  // namespace

std::vector<Scenario> register_netsh_helper_scenarios() {
  const auto is_theirs = [](TestVm& vm) { return value(vm, "ebpfnetsh")->data == "theirs.dll"; };
  return {{.name = "register_netsh_helper_that_is_new",
           .prepare = [](TestVm&) {},
           .action = helper_registration,
           .outlasts_a_boot = true,
           .interfere = put("ebpfnetsh", "theirs.dll"),
           .is_left = is_theirs},
          {.name = "register_netsh_helper_over_a_bare_name",
           .prepare = put("ebpfnetsh", "ebpfnetsh.dll"),
           .action = helper_registration,
           .outlasts_a_boot = true,
           .interfere =
               [](TestVm& vm) { vm.registry().remove_value(registry::kNetshKey, "ebpfnetsh"); },
           .is_left = [](TestVm& vm) { return !value(vm, "ebpfnetsh"); }},
          {.name = "register_netsh_helper_that_is_registered",
           .prepare = put("EbpfNetsh", R"(c:\PROGRAM files\ebpf-for-windows\EbpfNetsh.dll)"),
           .action = helper_registration,
           .changes_nothing = true,
           .outlasts_a_boot = true,
           .interfere = put("ebpfnetsh", "theirs.dll"),
           .is_left = is_theirs}};
}

std::vector<Scenario> unregister_netsh_helper_scenarios() {
  return {{.name = "unregister_netsh_helper_twice_registered",
           .prepare =
               [](TestVm& vm) {
                 put("ebpfnetsh", kDll)(vm);
                 put("8", "ebpfnetsh.dll")(vm);
               },
           .action = helper_removal,
           .outlasts_a_boot = true,
           .interfere = put("8", "theirs.dll"),
           .is_left = [](TestVm& vm) { return value(vm, "8")->data == "theirs.dll"; }},
          {.name = "unregister_netsh_helper_that_is_absent",
           .prepare = [](TestVm&) {},
           .action = helper_removal,
           .changes_nothing = true,
           .outlasts_a_boot = true}};
}

}  // namespace actions::testing
