#include "actions/services/start_service.h"

#include <optional>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/machine/system.h"
#include "actions/services/service_control.h"

namespace actions {
namespace {

using errors::ExitCode;
using machine::ServiceState;

// nullopt: the service was absent.
std::optional<ServiceState> state_before_start(const Json& before) {
  const Fields fields("before-image of start-service", before);
  if (!fields.has("state")) return std::nullopt;
  return fields.service_state("state");
}

// A before-image of an older program does not say: its boot counts as this one.
bool is_of_this_boot(machine::Machine& machine, const Json& before) {
  const Fields fields("before-image of start-service", before);
  return !fields.is_written("boot_id") || fields.text("boot_id") == machine.system().boot_id();
}

// Those that hold a service up: they run, and are not on their way to a stop.
std::string running_dependents(machine::Machine& machine, const std::string& name) {
  std::string list;
  for (const std::string& dependent : machine.services().active_dependents(name)) {
    const auto status = machine.services().status(dependent);
    if (status && !is_pending(status->state)) list += (list.empty() ? "" : ", ") + dependent;
  }
  return list;
}

}  // namespace

StartService::StartService(std::string name, ExitCode failure_code, Role role)
    : name_(std::move(name)), failure_code_(failure_code), role_(role) {}

std::unique_ptr<Action> StartService::from_parameters(const Json& parameters) {
  const Fields fields("parameters of start-service", parameters);
  const bool restarts = fields.is_written("restart") && fields.flag("restart");
  return std::make_unique<StartService>(fields.name("name"), fields.exit_code("failure_code"),
                                        restarts ? Role::kRestart : Role::kStart);
}

Json StartService::parameters() const {
  Json parameters = {{"name", name_}, {"failure_code", static_cast<int>(failure_code_)}};
  if (role_ == Role::kRestart) parameters["restart"] = true;
  return parameters;
}

std::string StartService::sentence() const { return "Start " + name_; }

std::string StartService::undo_sentence() const { return "Stop " + name_ + " if it was stopped"; }

Json StartService::capture(machine::Machine& machine) const {
  return in_context("while looking at service " + name_, failure_code_, [&]() -> Json {
    const auto status = machine.services().status(name_);
    if (!status) return {{"state", nullptr}};
    return {{"state", machine::to_text(status->state)},
            {"process_id", status->process_id},
            {"boot_id", machine.system().boot_id()}};
  });
}

Json StartService::apply(machine::Machine& machine, const Json& /*before*/,
                         Deadline deadline) const {
  const std::string phrase = "while starting service " + name_;
  return in_context_of(name_, phrase, failure_code_, [&]() -> Json {
    const auto process_id = ServiceControl(machine, name_, deadline).start(failure_code_);
    return {{"process_id", process_id}};
  });
}

UndoResult StartService::undo(machine::Machine& machine, const Json& before_image,
                              const Json& /*after*/, Deadline deadline) const {
  const std::string phrase = "while stopping service " + name_ + " again";
  return in_context(phrase, ExitCode::kStopDriver, [&] {
    UndoResult result;
    const auto before = state_before_start(before_image);
    const auto status = machine.services().status(name_);
    if (!before) return result;  // absent: nothing was started
    if (!status) {
      result.foreign.push_back("Service " + name_ + " was removed by somebody else; left so");
      return result;
    }
    const bool was_up = is_up(*before);
    if (was_up) {
      if (!is_up(status->state)) {
        result.foreign.push_back("Service " + name_ + " was stopped by somebody else; left so");
      }
      return result;
    }
    const bool runs = is_up(status->state);
    if (runs && !is_of_this_boot(machine, before_image)) {
      if (role_ == Role::kStart) {
        result.foreign.push_back("Service " + name_ +
                                 " was started by a later boot and is left running");
        return result;
      }
      for (const std::string& dependent : machine.services().active_dependents(name_))
        ServiceControl(machine, dependent, deadline).stop();
    }
    const std::string dependents = runs ? running_dependents(machine, name_) : "";
    if (!dependents.empty()) {
      result.foreign.push_back("Service " + name_ + " is left running: " + dependents +
                               ", which depends on it, was started by somebody else");
      return result;
    }
    if (const auto failure = ServiceControl(machine, name_, deadline).stop()) {
      result.kind = UndoResult::Kind::kRebootNeeded;
      result.pending.push_back(failure->message() + "; the next boot ends it");
    }
    return result;
  });
}

Probe StartService::probe(machine::Machine& machine, const Json& before_image,
                          const Json& after) const {
  return in_context("while looking at service " + name_, failure_code_, [&] {
    const auto before = state_before_start(before_image);
    const auto status = machine.services().status(name_);
    if (!status) return before ? Probe::kForeign : Probe::kBefore;
    if (is_pending(status->state)) return Probe::kMoving;
    const bool was_up = before && is_up(*before);
    if (status->state == ServiceState::kRunning) {
      return was_up && after.is_null() ? Probe::kBefore : Probe::kAfter;
    }
    if (status->state == ServiceState::kPaused) {
      return before == ServiceState::kPaused ? Probe::kBefore : Probe::kForeign;
    }
    return before && !was_up ? Probe::kBefore : Probe::kForeign;
  });
}

}  // namespace actions
