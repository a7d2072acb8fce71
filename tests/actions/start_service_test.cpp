#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/machine/call_observer.h"
#include "actions/machine/fault_observer.h"
#include "actions/services/start_service.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using machine::ServiceState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StartingService : public ::testing::Test {
 protected:
  StartingService() {
    vm_.add_driver("EbpfCore", false);
    vm_.add_program("eBPFSvc", false);
  }
  std::unique_ptr<Action> captured(const std::string& name) {
    auto action = std::make_unique<services::StartService>(name);
    before_ = action->capture(vm_.machine());
    return action;
  }
  errors::Failure failure(const Action& action) {
    return failure_of([&] { action.apply(vm_.machine(), before_, vm_.in(kEnoughMs)); });
  }

  TestVm vm_;
  Json before_;
};

TEST_F(StartingService, A_refused_image_fails_at_once_with_the_systems_code) {
  vm_.arm("service:EbpfCore", {"start-fails=577"});
  const auto action = captured("EbpfCore");
  const std::int64_t began = vm_.system().monotonic_ms();
  const auto refused = failure(*action);
  EXPECT_EQ(refused.code(), ExitCode::kStartDriver);
  EXPECT_EQ(refused.system()->code, 577);
  EXPECT_THAT(refused.message(), HasSubstr("EbpfCore"));
  EXPECT_LT(vm_.system().monotonic_ms() - began, 1000) << "virtual time: it did not poll";
}

TEST_F(StartingService, A_start_that_fails_after_a_while_fails_then_and_not_at_the_deadline) {
  vm_.arm("service:eBPFSvc", {"start-takes=2", "start-fails=1066"});
  const auto action = captured("eBPFSvc");
  const std::int64_t began = vm_.system().monotonic_ms();
  const auto refused = failure(*action);
  EXPECT_EQ(refused.code(), ExitCode::kStartDriver);
  EXPECT_EQ(refused.system()->code, 1066);
  EXPECT_LT(vm_.system().monotonic_ms() - began, 5000);
}

TEST_F(StartingService, A_start_that_hangs_fails_at_the_deadline_and_undo_says_reboot_needed) {
  vm_.arm("service:EbpfCore", {"start-hangs"});
  const auto action = captured("EbpfCore");
  const auto refused = failure(*action);
  EXPECT_EQ(refused.code(), ExitCode::kStartDriver);
  EXPECT_EQ(refused.system()->code, 1053);
  EXPECT_THAT(refused.message(), HasSubstr("start-pending"));
  EXPECT_EQ(action->probe(vm_.machine(), before_, nullptr), Probe::kMoving);
  const UndoResult result = action->undo(vm_.machine(), before_, nullptr, vm_.in(kEnoughMs));
  EXPECT_EQ(result.kind, UndoResult::Kind::kRebootNeeded);
  EXPECT_THAT(result.pending, ElementsAre(HasSubstr("next boot")));
}

TEST_F(StartingService, A_slow_start_is_waited_for) {
  vm_.arm("service:EbpfCore", {"start-takes=30"});
  const auto action = captured("EbpfCore");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  EXPECT_EQ(vm_.services().status("EbpfCore")->state, ServiceState::kRunning);
}

TEST_F(StartingService, A_start_that_somebody_else_began_is_waited_for) {
  vm_.arm("service:EbpfCore", {"start-takes=30"});
  const auto action = captured("EbpfCore");
  vm_.services().start("EbpfCore");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  EXPECT_EQ(vm_.services().status("EbpfCore")->state, ServiceState::kRunning);
}

TEST_F(StartingService, One_that_somebody_else_starts_at_that_moment_is_waited_for) {
  const auto action = captured("eBPFSvc");
  machine::FaultObserver observer(machine::fault_from("services.start#1:fail-after=1056"));
  const auto observed = machine::observe(vm_.machine(), observer);
  action->apply(*observed, before_, vm_.in(kEnoughMs));
  EXPECT_EQ(vm_.services().status("eBPFSvc")->state, ServiceState::kRunning);
}

TEST_F(StartingService, An_absent_service_fails_with_1060) {
  const auto action = captured("NetEbpfExt");
  const auto refused = failure(*action);
  EXPECT_EQ(refused.code(), ExitCode::kStartDriver);
  EXPECT_EQ(refused.system()->code, 1060);
}

TEST_F(StartingService, A_disabled_service_fails_with_1058) {
  machine::ServiceConfig config = *vm_.services().config("EbpfCore");
  config.start = machine::StartType::kDisabled;
  vm_.services().change("EbpfCore", config);
  const auto action = captured("EbpfCore");
  EXPECT_EQ(failure(*action).system()->code, 1058);
}

TEST_F(StartingService, It_fails_with_the_exit_code_that_it_was_made_with) {
  vm_.arm("service:eBPFSvc", {"start-fails=1053"});
  const services::StartService action("eBPFSvc", ExitCode::kRestartService);
  before_ = action.capture(vm_.machine());
  EXPECT_EQ(failure(action).code(), ExitCode::kRestartService);
  EXPECT_EQ(failure(*revived(action)).code(), ExitCode::kRestartService);
}

TEST_F(StartingService, Undo_waits_for_the_process_to_end) {
  const auto action = captured("eBPFSvc");
  const Json after = action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  const auto process_id = after.at("process_id").get<std::uint32_t>();
  EXPECT_TRUE(vm_.services().process_alive(process_id));
  action->undo(vm_.machine(), before_, after, vm_.in(kEnoughMs));
  EXPECT_FALSE(vm_.services().process_alive(process_id));
}

TEST_F(StartingService, One_that_ignores_the_stop_is_reboot_needed_at_undo) {
  const auto action = captured("EbpfCore");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  vm_.arm("service:EbpfCore", {"ignores-stop"});
  EXPECT_EQ(action->undo(vm_.machine(), before_, nullptr, vm_.in(kEnoughMs)).kind,
            UndoResult::Kind::kRebootNeeded);
  vm_.reboot();
  EXPECT_EQ(action->undo(vm_.machine(), before_, nullptr, vm_.in(kEnoughMs)).kind,
            UndoResult::Kind::kUndone);
}

// What Windows says of a driver without an unload routine.
TEST_F(StartingService, One_that_refuses_the_stop_is_reboot_needed_at_undo) {
  const auto action = captured("EbpfCore");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  machine::FaultObserver observer(machine::fault_from("services.stop#1:fail=1052"));
  const auto observed = machine::observe(vm_.machine(), observer);
  const UndoResult result = action->undo(*observed, before_, nullptr, vm_.in(kEnoughMs));
  EXPECT_EQ(result.kind, UndoResult::Kind::kRebootNeeded);
  EXPECT_THAT(result.pending, ElementsAre(HasSubstr("next boot")));
}

TEST_F(StartingService, What_another_boot_started_is_left_running_by_undo) {
  const auto action = captured("EbpfCore");
  const Json after = action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  machine::ServiceConfig config = *vm_.services().config("EbpfCore");
  config.start = machine::StartType::kAutomatic;
  vm_.services().change("EbpfCore", config);
  vm_.reboot();
  ASSERT_EQ(vm_.services().status("EbpfCore")->state, ServiceState::kRunning);
  const UndoResult result = action->undo(vm_.machine(), before_, after, vm_.in(kEnoughMs));
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("EbpfCore was started by a later boot")));
  EXPECT_EQ(vm_.services().status("EbpfCore")->state, ServiceState::kRunning);
}

TEST_F(StartingService, A_before_image_without_a_boot_counts_as_one_of_this_boot) {
  const auto action = captured("EbpfCore");
  before_.erase("boot_id");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  EXPECT_EQ(action->undo(vm_.machine(), before_, nullptr, vm_.in(kEnoughMs)).kind,
            UndoResult::Kind::kUndone);
  EXPECT_EQ(vm_.services().status("EbpfCore")->state, ServiceState::kStopped);
}

TEST_F(StartingService, Undo_leaves_running_what_a_service_started_by_others_depends_on) {
  machine::ServiceConfig config = *vm_.services().config("eBPFSvc");
  config.depends_on = {"EbpfCore"};
  vm_.services().change("eBPFSvc", config);
  const auto action = captured("EbpfCore");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  vm_.start("eBPFSvc");
  const UndoResult result = action->undo(vm_.machine(), before_, nullptr, vm_.in(kEnoughMs));
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("EbpfCore is left running: eBPFSvc")));
  EXPECT_EQ(vm_.services().status("EbpfCore")->state, ServiceState::kRunning);
}

}  // namespace

std::vector<Scenario> start_service_scenarios() {
  return {{.name = "start_service_of_a_driver",
           .prepare = [](TestVm& vm) { vm.add_driver("EbpfCore", false); },
           .action = [](TestVm&) { return std::make_unique<services::StartService>("EbpfCore"); },
           .interfere =
               [](TestVm& vm) {
                 vm.stop("EbpfCore");
                 vm.services().remove("EbpfCore");
               },
           .is_left = [](TestVm& vm) { return !vm.services().status("EbpfCore"); }},
          {.name = "start_service_of_a_program",
           .prepare = [](TestVm& vm) { vm.add_program("eBPFSvc", false); },
           .action = [](TestVm&) { return std::make_unique<services::StartService>("eBPFSvc"); }},
          {.name = "start_service_that_runs",
           .prepare = [](TestVm& vm) { vm.add_program("eBPFSvc", true); },
           .action = [](TestVm&) { return std::make_unique<services::StartService>("eBPFSvc"); },
           .changes_nothing = true,
           .interfere = [](TestVm& vm) { vm.stop("eBPFSvc"); },
           .is_left =
               [](TestVm& vm) {
                 return vm.services().status("eBPFSvc")->state == ServiceState::kStopped;
               }}};
}

}  // namespace actions::testing
