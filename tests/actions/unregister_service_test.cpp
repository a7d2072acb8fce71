#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/machine/call_observer.h"
#include "actions/machine/fault_observer.h"
#include "actions/services/unregister_service.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using machine::ServiceConfig;
using machine::StartType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kService = "eBPFSvc";
const std::string kServiceKey = R"(HKLM\SYSTEM\CurrentControlSet\Services\eBPFSvc)";

// Every field is another than a fresh registration would have.
void prepare_service(TestVm& vm) {
  vm.add_driver("EbpfCore", false);
  vm.put_image(std::string(kInstallFolder) + "\\ebpfsvc.exe", "service");
  ServiceConfig config;
  config.type = machine::ServiceType::kOwnProcess;
  config.start = StartType::kDisabled;
  config.error_control = 0;
  config.image = std::string("\"") + kInstallFolder + "\\ebpfsvc.exe\" -k";
  config.display = "eBPF Service";
  config.account = "NT AUTHORITY\\LocalService";
  config.sid_type = machine::SidType::kRestricted;
  config.depends_on = {"EbpfCore"};
  config.description = "Verifies programs";
  config.delayed_start = true;
  vm.services().create(kService, config);
  machine::Registry& registry = vm.machine().registry();
  registry.set(kServiceKey, "FailureActions", {machine::RegistryType::kBinary, "80510100000000"});
  registry.set(kServiceKey + R"(\Parameters\Wdf)", "VerifierOn",
               {machine::RegistryType::kDword, "1"});
}

std::unique_ptr<Action> service_removal(TestVm& /*vm*/) {
  return std::make_unique<services::UnregisterService>(kService);
}

struct Unregistrable {
  Unregistrable() {
    prepare_service(vm);
    config = *vm.services().config(kService);
    action = service_removal(vm);
    before = as_text(action->capture(vm.machine()));
  }
  void apply() { action->apply(vm.machine(), before, vm.in(kEnoughMs)); }
  UndoResult undo() { return undo(vm.machine()); }
  UndoResult undo(machine::Machine& machine) {
    return action->undo(machine, before, nullptr, vm.in(kEnoughMs));
  }

  TestVm vm;
  ServiceConfig config;
  std::unique_ptr<Action> action;
  Json before;
};

TEST(UnregisterService, Undo_brings_every_field_back) {
  Unregistrable test;
  test.apply();
  ASSERT_FALSE(test.vm.services().config(kService).has_value());
  test.undo();
  EXPECT_EQ(*test.vm.services().config(kService), test.config);
  EXPECT_TRUE(test.action->deletes());
}

TEST(UnregisterService, Undo_brings_back_what_else_was_in_its_key) {
  Unregistrable test;
  machine::Registry& registry = test.vm.machine().registry();
  const auto key = registry.subtree(kServiceKey);
  ASSERT_EQ(key.size(), 3U) << "itself, Parameters, Wdf";
  test.apply();
  ASSERT_TRUE(registry.subtree(kServiceKey).empty());
  EXPECT_TRUE(test.undo().foreign.empty());
  EXPECT_EQ(registry.subtree(kServiceKey), key);
}

// Killed behind CreateService: its other fields, and the rest of its key, come in calls of their
// own.
TEST(UnregisterService, Undo_finishes_what_an_undo_that_died_has_begun) {
  Unregistrable test;
  const std::string start = test.vm.picture();
  test.apply();
  ServiceConfig begun = test.config;
  begun.sid_type = {};
  begun.description = "";
  begun.delayed_start = false;
  test.vm.services().create(kService, begun);
  EXPECT_EQ(test.action->probe(test.vm.machine(), test.before, nullptr), Probe::kMoving);
  EXPECT_TRUE(test.undo().foreign.empty());
  EXPECT_EQ(test.vm.picture(), start);
}

TEST(UnregisterService, A_value_that_is_protected_against_us_is_left_and_the_rest_comes_back) {
  Unregistrable test;
  test.apply();
  machine::FaultObserver observer(machine::fault_from("registry.set#1:fail=5"));
  const auto observed = machine::observe(test.vm.machine(), observer);
  const UndoResult result = test.undo(*observed);
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("protected")));
  EXPECT_TRUE(test.vm.services().config(kService).has_value());
}

TEST(UnregisterService, An_image_of_an_older_program_has_no_key_and_is_undone_all_the_same) {
  Unregistrable test;
  test.before.erase("key");
  test.apply();
  test.undo();
  EXPECT_TRUE(test.vm.services().config(kService).has_value());
}

TEST(UnregisterService, One_that_runs_is_refused_and_not_marked) {
  TestVm vm;
  vm.add_driver("EbpfCore", true);
  const services::UnregisterService action("EbpfCore");
  const auto failure = failure_of(
      [&] { action.apply(vm.machine(), action.capture(vm.machine()), vm.in(kEnoughMs)); });
  EXPECT_EQ(failure.code(), ExitCode::kDeleteService);
  EXPECT_EQ(failure.system()->code, 1056);
  EXPECT_FALSE(vm.services().status("EbpfCore")->marked_for_deletion);
}

TEST(UnregisterService, With_open_handles_it_is_marked_and_undo_waits_for_a_reboot) {
  TestVm vm;
  prepare_service(vm);
  const std::string start = vm.picture();
  auto action = service_removal(vm);
  const Json before = as_text(action->capture(vm.machine()));
  vm.arm("service:eBPFSvc", {"held-open"});
  EXPECT_NO_THROW(action->apply(vm.machine(), before, vm.in(kEnoughMs)));
  EXPECT_TRUE(vm.services().status(kService)->marked_for_deletion);

  const UndoResult result = action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs));
  EXPECT_EQ(result.kind, UndoResult::Kind::kRebootNeeded);
  EXPECT_FALSE(result.pending.empty());
  vm.reboot();
  EXPECT_EQ(action->undo(vm.machine(), before, nullptr, vm.in(kEnoughMs)).kind,
            UndoResult::Kind::kUndone);
  EXPECT_EQ(vm.picture(), start);
}

TEST(UnregisterService, Handles_that_are_closed_in_time_are_waited_for) {
  TestVm vm;
  prepare_service(vm);
  auto action = service_removal(vm);
  const Json before = action->capture(vm.machine());
  vm.arm("service:eBPFSvc", {"held-open"});
  vm.services().remove(kService);
  vm.arm("service:eBPFSvc", {"clear"});
  EXPECT_NO_THROW(action->apply(vm.machine(), before, vm.in(kEnoughMs)));
}

TEST(UnregisterService, One_that_somebody_registered_after_the_capture_is_refused) {
  TestVm vm;
  auto action = service_removal(vm);
  const Json before = action->capture(vm.machine());
  prepare_service(vm);
  EXPECT_EQ(failure_of([&] { action->apply(vm.machine(), before, vm.in(kEnoughMs)); }).code(),
            ExitCode::kDeleteService);
  EXPECT_TRUE(vm.services().config(kService).has_value());
}

}  // namespace

std::vector<Scenario> unregister_service_scenarios() {
  const std::string theirs = "C:\\theirs.sys";
  return {
      {.name = "unregister_service_with_every_field_set",
       .prepare = prepare_service,
       .action = service_removal,
       .outlasts_a_boot = true,
       .interfere = [theirs](TestVm& vm) { vm.services().create(kService, driver_config(theirs)); },
       .is_left =
           [theirs](TestVm& vm) {
             return vm.services().config(kService)->type == machine::ServiceType::kKernelDriver;
           }},
      {.name = "unregister_service_that_is_absent",
       .prepare = [](TestVm&) {},
       .action = service_removal,
       .changes_nothing = true,
       .outlasts_a_boot = true}};
}

}  // namespace actions::testing
