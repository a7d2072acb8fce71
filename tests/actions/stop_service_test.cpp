#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/machine/call_observer.h"
#include "actions/machine/fault_observer.h"
#include "actions/services/stop_service.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using machine::ServiceState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StoppingService : public ::testing::Test {
 protected:
  StoppingService() {
    vm_.add_driver("EbpfCore", true);
    vm_.add_program("eBPFSvc", true);
  }
  std::unique_ptr<Action> captured(const std::string& name) {
    auto action = std::make_unique<services::StopService>(name);
    before_ = action->capture(vm_.machine());
    return action;
  }
  errors::Failure failure(const Action& action) {
    return failure_of([&] { action.apply(vm_.machine(), before_, vm_.in(kEnoughMs)); });
  }
  UndoResult undo(const Action& action) {
    return action.undo(vm_.machine(), before_, nullptr, vm_.in(kEnoughMs));
  }
  void set_start(const std::string& name, machine::StartType start) {
    machine::ServiceConfig config = *vm_.services().config(name);
    config.start = start;
    vm_.services().change(name, config);
  }
  ServiceState state(const std::string& name) { return vm_.services().status(name)->state; }

  TestVm vm_;
  Json before_;
};

TEST_F(StoppingService, It_waits_for_the_process_to_end) {
  const auto process_id = vm_.services().status("eBPFSvc")->process_id;
  const auto action = captured("eBPFSvc");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  EXPECT_FALSE(vm_.services().process_alive(process_id));
}

TEST_F(StoppingService, A_process_that_lingers_after_a_stop_is_waited_for_in_the_next_process_too) {
  const auto process_id = vm_.services().status("eBPFSvc")->process_id;
  const auto action = captured("eBPFSvc");
  vm_.services().stop("eBPFSvc");
  while (state("eBPFSvc") != ServiceState::kStopped)
    vm_.system().wait_ms(1);
  ASSERT_TRUE(vm_.services().process_alive(process_id));
  EXPECT_EQ(action->probe(vm_.machine(), before_, nullptr), Probe::kMoving);
  revived(*action)->apply(vm_.machine(), as_text(before_), vm_.in(kEnoughMs));
  EXPECT_FALSE(vm_.services().process_alive(process_id));
}

TEST_F(StoppingService, A_process_of_another_boot_is_not_waited_for) {
  const auto action = captured("eBPFSvc");
  vm_.reboot();
  vm_.stop("eBPFSvc");
  EXPECT_NO_THROW(action->apply(vm_.machine(), before_, vm_.in(kEnoughMs)));
}

TEST_F(StoppingService, Running_dependents_are_named_and_nothing_is_stopped) {
  machine::ServiceConfig config = *vm_.services().config("eBPFSvc");
  config.depends_on = {"EbpfCore"};
  vm_.services().change("eBPFSvc", config);
  const auto action = captured("EbpfCore");
  const auto refused = failure(*action);
  EXPECT_EQ(refused.code(), ExitCode::kStopDriver);
  EXPECT_EQ(refused.system()->code, 1051);
  EXPECT_THAT(refused.message(), HasSubstr("eBPFSvc"));
  EXPECT_EQ(state("EbpfCore"), ServiceState::kRunning);
}

TEST_F(StoppingService, One_that_ignores_the_stop_fails_at_the_deadline_with_its_name_and_state) {
  vm_.arm("service:EbpfCore", {"ignores-stop"});
  const auto action = captured("EbpfCore");
  const auto refused = failure(*action);
  EXPECT_EQ(refused.code(), ExitCode::kStopDriver);
  EXPECT_THAT(refused.message(), HasSubstr("EbpfCore"));
  EXPECT_THAT(refused.message(), HasSubstr("running"));
  EXPECT_EQ(undo(*action).kind, UndoResult::Kind::kUndone) << "it runs, as before";
}

TEST_F(StoppingService, One_that_hangs_on_its_way_is_reboot_needed_at_undo) {
  vm_.arm("service:EbpfCore", {"stop-hangs"});
  const auto action = captured("EbpfCore");
  EXPECT_THAT(failure(*action).message(), HasSubstr("stop-pending"));
  EXPECT_EQ(undo(*action).kind, UndoResult::Kind::kRebootNeeded);
}

TEST_F(StoppingService, One_that_is_starting_is_let_start_and_then_stopped) {
  vm_.stop("EbpfCore");
  vm_.arm("service:EbpfCore", {"start-takes=5"});
  vm_.services().start("EbpfCore");
  const auto action = captured("EbpfCore");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  EXPECT_EQ(state("EbpfCore"), ServiceState::kStopped);
  undo(*action);
  EXPECT_EQ(state("EbpfCore"), ServiceState::kRunning);
}

TEST_F(StoppingService, A_stop_that_somebody_else_began_is_waited_for) {
  const auto action = captured("EbpfCore");
  vm_.services().stop("EbpfCore");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  EXPECT_EQ(state("EbpfCore"), ServiceState::kStopped);
}

TEST_F(StoppingService, One_that_somebody_else_stops_at_that_moment_is_waited_for) {
  const auto action = captured("eBPFSvc");
  machine::FaultObserver observer(machine::fault_from("services.stop#1:fail-after=1062"));
  const auto observed = machine::observe(vm_.machine(), observer);
  action->apply(*observed, before_, vm_.in(kEnoughMs));
  EXPECT_EQ(state("eBPFSvc"), ServiceState::kStopped);
}

// Asked by somebody else already, and stopped a moment later; started again, it is asked anew.
TEST_F(StoppingService, One_that_takes_no_request_just_now_is_asked_again) {
  for (const char* code : {"1061", "1062"}) {
    const auto action = captured("eBPFSvc");
    machine::FaultObserver observer(
        machine::fault_from(std::string("services.stop#1:fail=") + code));
    const auto observed = machine::observe(vm_.machine(), observer);
    action->apply(*observed, before_, vm_.in(kEnoughMs));
    EXPECT_EQ(state("eBPFSvc"), ServiceState::kStopped) << code;
    vm_.services().start("eBPFSvc");
  }
}

TEST_F(StoppingService, Undo_fails_where_the_service_does_not_start_again) {
  const auto action = captured("EbpfCore");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  vm_.arm("service:EbpfCore", {"start-fails=577"});
  const auto refused = failure_of([&] { undo(*action); });
  EXPECT_EQ(refused.code(), ExitCode::kStartDriver);
  EXPECT_EQ(refused.system()->code, 577);
}

TEST_F(StoppingService, Undo_leaves_and_reports_a_service_that_somebody_removed) {
  const auto action = captured("EbpfCore");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  vm_.services().remove("EbpfCore");
  const UndoResult result = undo(*action);
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("EbpfCore, which ran, was removed")));
}

TEST_F(StoppingService, Undo_leaves_and_reports_a_service_that_somebody_disabled) {
  const auto action = captured("EbpfCore");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  set_start("EbpfCore", machine::StartType::kDisabled);
  for (const bool written_by_an_older_program : {false, true}) {
    if (written_by_an_older_program) before_.erase("start");
    const UndoResult result = undo(*action);
    EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
    EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("was disabled by somebody else")));
    EXPECT_EQ(state("EbpfCore"), ServiceState::kStopped);
  }
}

TEST_F(StoppingService, Undo_says_of_a_service_that_ran_disabled_that_it_cannot_be_started) {
  set_start("EbpfCore", machine::StartType::kDisabled);
  const auto action = captured("EbpfCore");
  action->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  const UndoResult result = undo(*action);
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(result.foreign, ElementsAre(HasSubstr("was disabled before it was stopped")));
}

}  // namespace

std::vector<Scenario> stop_service_scenarios() {
  return {{.name = "stop_service_of_a_driver",
           .prepare = [](TestVm& vm) { vm.add_driver("EbpfCore", true); },
           .action = [](TestVm&) { return std::make_unique<services::StopService>("EbpfCore"); }},
          {.name = "stop_service_that_somebody_then_removes",
           .prepare = [](TestVm& vm) { vm.add_driver("EbpfCore", true); },
           .action = [](TestVm&) { return std::make_unique<services::StopService>("EbpfCore"); },
           .interfere = [](TestVm& vm) { vm.services().remove("EbpfCore"); },
           .is_left = [](TestVm& vm) { return !vm.services().status("EbpfCore"); }},
          {.name = "stop_service_of_a_program",
           .prepare = [](TestVm& vm) { vm.add_program("eBPFSvc", true); },
           .action = [](TestVm&) { return std::make_unique<services::StopService>("eBPFSvc"); }},
          {.name = "stop_service_that_is_stopped",
           .prepare = [](TestVm& vm) { vm.add_program("eBPFSvc", false); },
           .action = [](TestVm&) { return std::make_unique<services::StopService>("eBPFSvc"); },
           .changes_nothing = true,
           .interfere = [](TestVm& vm) { vm.start("eBPFSvc"); },
           .is_left =
               [](TestVm& vm) {
                 return vm.services().status("eBPFSvc")->state == ServiceState::kRunning;
               }},
          {.name = "stop_service_that_is_absent",
           .prepare = [](TestVm&) {},
           .action = [](TestVm&) { return std::make_unique<services::StopService>("eBPFSvc"); },
           .changes_nothing = true}};
}

}  // namespace actions::testing
