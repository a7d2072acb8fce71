#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/registry/write_registry.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using machine::RegistryType;
using machine::RegistryValue;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kKey = R"(HKLM\SOFTWARE\Microsoft\Windows Azure\EbpfUpgrading)";
constexpr const char* kName = "Handler";

RegistryValue text(const std::string& data) { return {RegistryType::kString, data}; }

std::unique_ptr<Action> write(TestVm& /*vm*/) {
  return std::make_unique<registry::WriteRegistry>(kKey, kName, text("1.1.0.1"));
}
std::unique_ptr<Action> registry_removal(TestVm& /*vm*/) {
  return std::make_unique<registry::WriteRegistry>(kKey, kName, std::nullopt);
}
std::function<void(TestVm&)> put(const std::string& name, const std::string& data) {
  return [=](TestVm& vm) { vm.registry().set(kKey, name, text(data)); };
}
// A key without values, as New-Item makes it.
void put_empty_key(TestVm& vm) {
  put("x", "x")(vm);
  vm.registry().remove_value(kKey, "x");
}
bool key_is_there(TestVm& vm) { return !vm.registry().subtree(kKey).empty(); }
bool is_theirs(TestVm& vm) { return vm.registry().get(kKey, kName)->data == "theirs"; }

TEST(WriteRegistry, A_key_that_it_made_goes_with_its_value) {
  TestVm vm;
  auto action = write(vm);
  const Json before = action->capture(vm.machine());
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_EQ(vm.registry().get(kKey, kName), text("1.1.0.1"));
  EXPECT_TRUE(action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs)).foreign.empty());
  EXPECT_FALSE(key_is_there(vm));
}

TEST(WriteRegistry, A_key_that_was_there_without_a_value_stays) {
  TestVm vm;
  put_empty_key(vm);
  auto action = write(vm);
  const Json before = action->capture(vm.machine());
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_TRUE(key_is_there(vm));
  EXPECT_FALSE(vm.registry().get(kKey, kName));
}

TEST(WriteRegistry, A_removal_takes_the_key_along_only_if_nothing_else_is_in_it) {
  TestVm vm;
  put(kName, "1.1.0.1")(vm);
  auto action = registry_removal(vm);
  const Json before = action->capture(vm.machine());
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_FALSE(key_is_there(vm));
  action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(vm.registry().get(kKey, kName), text("1.1.0.1"));

  put("other", "theirs")(vm);
  action->apply(vm.machine(), before, vm.in(kEnoughMs));
  EXPECT_TRUE(key_is_there(vm));
}

TEST(WriteRegistry, A_key_to_which_somebody_else_wrote_is_left_and_named) {
  TestVm vm;
  auto action = write(vm);
  const Json before = action->capture(vm.machine());
  const Json after = action->apply(vm.machine(), before, vm.in(kEnoughMs));
  put("other", "theirs")(vm);
  const UndoResult result = action->undo(vm.machine(), before, after, vm.in(kEnoughMs));
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("EbpfUpgrading was made here and is left")));
  EXPECT_FALSE(vm.registry().get(kKey, kName));
}

}  // namespace

std::vector<Scenario> write_registry_scenarios() {
  return {{.name = "write_registry_value_of_a_new_key",
           .prepare = [](TestVm&) {},
           .action = write,
           .outlasts_a_boot = true,
           .interfere = put(kName, "theirs"),
           .is_left = is_theirs},
          {.name = "write_registry_value_that_differs",
           .prepare = put(kName, "1.0.0.1"),
           .action = write,
           .outlasts_a_boot = true,
           .interfere = [](TestVm& vm) { vm.registry().remove_value(kKey, kName); },
           .is_left = [](TestVm& vm) { return !vm.registry().get(kKey, kName); }},
          {.name = "write_registry_value_that_is_as_wanted",
           .prepare = put(kName, "1.1.0.1"),
           .action = write,
           .changes_nothing = true,
           .outlasts_a_boot = true},
          {.name = "write_registry_removes_a_value",
           .prepare = put(kName, "1.1.0.1"),
           .action = registry_removal,
           .outlasts_a_boot = true,
           .interfere = put(kName, "theirs"),
           .is_left = is_theirs},
          {.name = "write_registry_removes_a_value_that_is_absent",
           .prepare = put_empty_key,
           .action = registry_removal,
           .changes_nothing = true,
           .outlasts_a_boot = true}};
}

}  // namespace actions::testing
