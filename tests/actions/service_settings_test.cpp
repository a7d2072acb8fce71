// set-start-type and set-dependencies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/services/set_dependencies.h"
#include "actions/services/set_start_type.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using machine::ServiceConfig;
using machine::StartType;

constexpr const char* kExtension = "NetEbpfExt";

void prepare_drivers(TestVm& vm) {
  vm.add_driver("EbpfCore", false);
  vm.add_driver(kExtension, false);
}

void set_start(TestVm& vm, StartType start) {
  ServiceConfig config = *vm.services().config(kExtension);
  config.start = start;
  vm.services().change(kExtension, config);
}

void set_dependencies(TestVm& vm, std::vector<std::string> depends_on) {
  ServiceConfig config = *vm.services().config(kExtension);
  config.depends_on = std::move(depends_on);
  vm.services().change(kExtension, config);
}

TEST(SetStartType, Sets_the_start_type_and_nothing_else) {
  TestVm vm;
  prepare_drivers(vm);
  ServiceConfig config = *vm.services().config(kExtension);
  const services::SetStartType action(kExtension, StartType::kAutomatic);
  action.apply(vm.machine(), action.capture(vm.machine()), vm.in(kEnoughMs));
  config.start = StartType::kAutomatic;
  EXPECT_EQ(*vm.services().config(kExtension), config);
}

TEST(SetStartType, An_absent_service_fails_and_undo_has_nothing_to_do) {
  TestVm vm;
  const services::SetStartType action(kExtension, StartType::kAutomatic);
  const Json before = action.capture(vm.machine());
  const auto failure = failure_of([&] { action.apply(vm.machine(), before, vm.in(kEnoughMs)); });
  EXPECT_EQ(failure.code(), ExitCode::kChangeStartType);
  EXPECT_EQ(failure.system()->code, 1060);
  EXPECT_TRUE(action.undo(vm.machine(), before, nullptr, vm.in(kEnoughMs)).foreign.empty());
}

TEST(SetStartType, A_service_that_is_marked_for_deletion_fails_with_1072) {
  TestVm vm;
  prepare_drivers(vm);
  vm.arm("service:NetEbpfExt", {"held-open"});
  vm.services().remove(kExtension);
  const services::SetStartType action(kExtension, StartType::kAutomatic);
  const auto failure = failure_of(
      [&] { action.apply(vm.machine(), action.capture(vm.machine()), vm.in(kEnoughMs)); });
  EXPECT_EQ(failure.code(), ExitCode::kChangeStartType);
  EXPECT_EQ(failure.system()->code, 1072);
}

TEST(SetStartType, A_service_that_was_removed_is_reported_by_undo) {
  TestVm vm;
  prepare_drivers(vm);
  const services::SetStartType action(kExtension, StartType::kAutomatic);
  const Json before = action.capture(vm.machine());
  action.apply(vm.machine(), before, vm.in(kEnoughMs));
  vm.services().remove(kExtension);
  EXPECT_EQ(action.undo(vm.machine(), before, nullptr, vm.in(kEnoughMs)).foreign.size(), 1U);
}

TEST(SetDependencies, Sets_the_list_and_nothing_else) {
  TestVm vm;
  prepare_drivers(vm);
  ServiceConfig config = *vm.services().config(kExtension);
  const services::SetDependencies action(kExtension, std::vector<std::string>{"EbpfCore"});
  action.apply(vm.machine(), action.capture(vm.machine()), vm.in(kEnoughMs));
  config.depends_on = {"EbpfCore"};
  EXPECT_EQ(*vm.services().config(kExtension), config);
}

TEST(SetDependencies, Undo_brings_back_the_case_of_the_names) {
  TestVm vm;
  prepare_drivers(vm);
  set_dependencies(vm, {"EBPFCORE", "Tcpip"});
  const services::SetDependencies action(kExtension, std::vector<std::string>{"EbpfCore"});
  const Json before = action.capture(vm.machine());
  action.apply(vm.machine(), before, vm.in(kEnoughMs));
  action.undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(vm.services().config(kExtension)->depends_on,
            (std::vector<std::string>{"EBPFCORE", "Tcpip"}));
}

TEST(SetDependencies, An_absent_service_fails) {
  TestVm vm;
  const services::SetDependencies action(kExtension, std::vector<std::string>());
  const auto failure = failure_of(
      [&] { action.apply(vm.machine(), action.capture(vm.machine()), vm.in(kEnoughMs)); });
  EXPECT_EQ(failure.code(), ExitCode::kCreateService);
}

}  // namespace

std::vector<Scenario> set_start_type_scenarios() {
  const auto set_to = [](StartType start) {
    return [start](TestVm&) { return std::make_unique<services::SetStartType>(kExtension, start); };
  };
  return {{.name = "set_start_type_to_another",
           .prepare = prepare_drivers,
           .action = set_to(StartType::kAutomatic),
           .interfere = [](TestVm& vm) { set_start(vm, StartType::kDisabled); },
           .is_left =
               [](TestVm& vm) {
                 return vm.services().config(kExtension)->start == StartType::kDisabled;
               }},
          {.name = "set_start_type_that_is_set",
           .prepare = prepare_drivers,
           .action = set_to(StartType::kDemand),
           .changes_nothing = true,
           .interfere = [](TestVm& vm) { set_start(vm, StartType::kDisabled); },
           .is_left =
               [](TestVm& vm) {
                 return vm.services().config(kExtension)->start == StartType::kDisabled;
               }}};
}

std::vector<Scenario> set_dependencies_scenarios() {
  const auto action = [](TestVm&) {
    return std::make_unique<services::SetDependencies>(kExtension,
                                                       std::vector<std::string>{"EbpfCore"});
  };
  return {{.name = "set_dependencies_to_others",
           .prepare = prepare_drivers,
           .action = action,
           .interfere = [](TestVm& vm) { set_dependencies(vm, {"Tcpip"}); },
           .is_left =
               [](TestVm& vm) {
                 return vm.services().config(kExtension)->depends_on ==
                        std::vector<std::string>{"Tcpip"};
               }},
          {.name = "set_dependencies_that_are_set",
           .prepare =
               [](TestVm& vm) {
                 prepare_drivers(vm);
                 set_dependencies(vm, {"ebpfcore"});
               },
           .action = action,
           .changes_nothing = true}};
}

}  // namespace actions::testing
