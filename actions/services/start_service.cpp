#include "actions/services/start_service.h"

#include <utility>

#include "actions/machine/system.h"
#include "actions/services/service_control.h"
#include "text/joined.h"

namespace actions::services {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::ServiceState;

// Those that hold a service up: they run, and are not on their way to a stop.
std::string running_dependents(machine::Machine& machine, const std::string& name) {
  std::vector<std::string> dependents = machine.services().active_dependents(name);
  std::erase_if(dependents, [&machine](const std::string& dependent) {
    const auto status = machine.services().status(dependent);
    return !status || is_pending(status->state);
  });
  return text::joined(dependents);
}

}  // namespace

StartService::StartService(std::string name, ExitCode failure_code, Role role,
                           std::optional<std::uint32_t> patience_ms)
    : ActionOf(std::move(name), failure_code,
               role == Role::kRestart ? std::optional(true) : std::nullopt, patience_ms) {}

Contexts StartService::contexts() const {
  const std::string& name = given_.name;
  return {.capture = {"while looking at service " + name, given_.failure_code},
          .apply = {"while starting service " + name, given_.failure_code, name},
          .undo = {"while stopping service " + name + " again", ExitCode::kStopDriver}};
}

StartService::Before StartService::find(Machine& machine) const {
  const auto status = machine.services().status(given_.name);
  if (!status) return {};
  return {status->state, status->process_id, machine.system().boot_id()};
}

StartService::After StartService::change(Machine& machine, const Before&, Deadline deadline) const {
  ServiceControl control(machine, given_.name, within(machine, deadline, given_.patience_ms));
  try {
    return {control.start(given_.failure_code)};
  } catch (const Failure&) {
    const auto status = machine.services().status(given_.name);
    if (!given_.patience_ms || !status || status->state != ServiceState::kStartPending) throw;
    return {status->process_id};
  }
}

UndoResult StartService::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                   Deadline deadline) const {
  UndoResult result;
  const std::string& name = given_.name;
  const std::string service = "Service " + name;
  const auto status = machine.services().status(name);
  if (!before.state) return result;  // the service was absent: apply started nothing
  if (!status) {
    result.foreign.push_back(service + " was removed by somebody else; left so");
    return result;
  }
  if (is_up(*before.state)) {
    if (!is_up(status->state))
      result.foreign.push_back(service + " was stopped by somebody else; left so");
    return result;
  }
  const bool runs = is_up(status->state);
  if (runs && before.boot_id && *before.boot_id != machine.system().boot_id()) {
    if (!given_.restart.value_or(false)) {
      result.foreign.push_back(service + " was started by a later boot and is left running");
      return result;
    }
    for (const std::string& dependent : machine.services().active_dependents(name))
      ServiceControl(machine, dependent, deadline).stop();
  }
  const std::string dependents = runs ? running_dependents(machine, name) : "";
  if (!dependents.empty()) {
    result.foreign.push_back(service + " is left running: " + dependents +
                             ", which depends on it, was started by somebody else");
    return result;
  }
  if (const auto failure = ServiceControl(machine, name, deadline).stop()) {
    result.kind = UndoResult::Kind::kRebootNeeded;
    result.pending.push_back(failure->message() + "; the next boot ends it");
  }
  return result;
}

Probe StartService::compare(Machine& machine, const Before& before,
                            const AfterIfKnown& after) const {
  const auto status = machine.services().status(given_.name);
  if (!status) return before.state ? Probe::kForeign : Probe::kBefore;
  if (is_pending(status->state)) return Probe::kMoving;
  const bool was_up = before.state && is_up(*before.state);
  if (status->state == ServiceState::kRunning)
    return was_up && !after ? Probe::kBefore : Probe::kAfter;
  if (status->state == ServiceState::kPaused)
    return before.state == ServiceState::kPaused ? Probe::kBefore : Probe::kForeign;
  return before.state && !was_up ? Probe::kBefore : Probe::kForeign;
}

}  // namespace actions::services
