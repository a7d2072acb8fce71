#include "actions/services/stop_service.h"

#include <utility>

#include "actions/context.h"
#include "actions/machine/system.h"
#include "actions/services/service_control.h"

namespace actions::services {
namespace {

using errors::ExitCode;
using machine::ServiceState;
using machine::StartType;

constexpr std::uint32_t kPendingPatienceMs = 20'000;
constexpr std::int64_t kInvalidName = 123;     // ERROR_INVALID_NAME: of its image path
constexpr std::int64_t kMarked = 1072;         // ERROR_SERVICE_MARKED_FOR_DELETE
constexpr std::int64_t kNotInSafeMode = 1084;  // ERROR_NOT_SAFEBOOT_SERVICE

bool was_up(const StopService::Before& before) { return before.state && is_up(*before.state); }

// The process that must have ended too: the captured one, as long as this boot lasts.
std::uint32_t captured_process(machine::Machine& machine, const StopService::Before& before) {
  if (!before.state || before.boot_id != machine.system().boot_id()) return 0;
  return before.process_id;
}

}  // namespace

StopService::StopService(std::string name, Remembered remembered,
                         std::optional<std::uint32_t> patience_ms)
    : ActionOf(std::move(name), patience_ms), remembered_(std::move(remembered)) {}

Contexts StopService::contexts() const {
  const std::string& name = given_.name;
  return {.capture = {"while looking at service " + name, ExitCode::kStopDriver},
          .apply = {"while stopping service " + name, ExitCode::kStopDriver, name},
          .undo = {"while starting service " + name + " again", ExitCode::kStartDriver}};
}

StopService::Before StopService::find(Machine& machine) const {
  Before before;
  if (const auto status = machine.services().status(given_.name)) {
    before.state = status->state;
    before.process_id = status->process_id;
    before.boot_id = machine.system().boot_id();
    if (const auto config = machine.services().config(given_.name)) before.start = config->start;
  }
  if (remembered_.start) before.start = remembered_.start;
  before.health = remembered_.health;
  return before;
}

StopService::After StopService::change(Machine& machine, const Before& before,
                                       Deadline deadline) const {
  ServiceControl control(machine, given_.name, deadline);
  if (const auto failure = control.stop(captured_process(machine, before)))
    throw errors::Failure(*failure);
  return {ServiceState::kStopped};
}

bool StopService::cannot_start(machine::Machine& machine,
                               const machine::ServiceStatus& status) const {
  if (is_up(status.state)) return false;
  const auto config = machine.services().config(given_.name);
  return config && config->start == StartType::kDisabled;
}

UndoResult StopService::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                  Deadline deadline) const {
  UndoResult result;
  const std::string service = "Service " + given_.name;
  const auto status = machine.services().status(given_.name);
  if (!was_up(before)) {
    if (status && is_up(status->state))
      result.foreign.push_back(service + " was started by somebody else and is left running");
    return result;
  }
  if (!status) {
    result.foreign.push_back(service + ", which ran, was removed by somebody else; left so");
    return result;
  }
  if (cannot_start(machine, *status)) {
    // A before-image of an older program does not say that it was.
    const bool was_disabled = before.start == StartType::kDisabled;
    result.foreign.push_back(service + ", which ran, " +
                             (was_disabled
                                  ? "was disabled before it was stopped, and cannot be started"
                                  : "was disabled by somebody else and is left stopped"));
    return result;
  }
  if (status->state == ServiceState::kStopPending) {
    // Whoever asked it to stop has waited already; the other steps want their time too.
    ServiceControl control(machine, given_.name, within(machine, deadline, kPendingPatienceMs));
    if (const auto failure = control.stop()) {
      result.kind = UndoResult::Kind::kRebootNeeded;
      result.pending.push_back(failure->message() + "; it can be started after the next boot");
      return result;
    }
  }
  return start_again(machine, before, deadline);
}

UndoResult StopService::start_again(machine::Machine& machine, const Before& before,
                                    Deadline deadline) const {
  UndoResult result;
  const bool of_others = given_.patience_ms || before.health;
  ServiceControl control(machine, given_.name, within(machine, deadline, given_.patience_ms));
  const auto start = [&] { control.start(ExitCode::kStartDriver); };
  try {
    // Nobody tries again soon what is given up here: a call that fails once does not decide.
    if (!of_others || errors::failure_in(start)) start();
    result.runs_again = true;
  } catch (const errors::Failure& failure) {
    if (has_code(failure, kNotInSafeMode)) {
      result.kind = UndoResult::Kind::kRebootNeeded;
      result.pending.push_back(failure.message() + "; it starts once the VM is in its normal mode");
      return result;
    }
    if (!of_others && has_code(failure, kMarked)) {
      result.kind = UndoResult::Kind::kRebootNeeded;
      result.pending.push_back(failure.message() + "; the next boot takes its registration");
      return result;
    }
    if (has_code(failure, kInvalidName)) {
      result.foreign.push_back("Service " + given_.name + ", which ran, is left stopped: " +
                               failure.message() + "; somebody changed its image path");
      return result;
    }
    if (!of_others) throw;
    result.does_not_start = true;
    result.failure = failure;
    result.failure->add_context(contexts().undo.phrase);
    result.foreign.push_back("Service " + given_.name +
                             ", which ran, does not start again: " + failure.message());
  }
  return result;
}

Probe StopService::compare(Machine& machine, const Before& before,
                           const AfterIfKnown& after) const {
  const auto status = machine.services().status(given_.name);
  if (!status || status->state == ServiceState::kStopped) {
    if (machine.services().process_alive(captured_process(machine, before))) return Probe::kMoving;
    return was_up(before) || after ? Probe::kAfter : Probe::kBefore;
  }
  if (is_pending(status->state)) return Probe::kMoving;
  return was_up(before) ? Probe::kBefore : Probe::kForeign;
}

}  // namespace actions::services
