#include "actions/services/stop_service.h"

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
using machine::StartType;

// nullopt: the service was absent.
std::optional<ServiceState> state_before_stop(const Json& before) {
  const Fields fields("before-image of stop-service", before);
  if (!fields.has("state")) return std::nullopt;
  return fields.service_state("state");
}

// A before-image of an older program does not say.
bool was_disabled(const Json& before) {
  const Fields fields("before-image of stop-service", before);
  return fields.is_written("start") && fields.start_type("start") == StartType::kDisabled;
}

}  // namespace

StopService::StopService(std::string name) : name_(std::move(name)) {}

std::unique_ptr<Action> StopService::from_parameters(const Json& parameters) {
  return std::make_unique<StopService>(
      Fields("parameters of stop-service", parameters).name("name"));
}

Json StopService::parameters() const { return {{"name", name_}}; }

std::string StopService::sentence() const { return "Stop " + name_; }

std::string StopService::undo_sentence() const { return "Start " + name_ + " if it ran"; }

Json StopService::capture(machine::Machine& machine) const {
  const std::string phrase = "while looking at service " + name_;
  return in_context(phrase, ExitCode::kStopDriver, [&]() -> Json {
    const auto status = machine.services().status(name_);
    if (!status) return {{"state", nullptr}};
    Json image{{"state", machine::to_text(status->state)},
               {"process_id", status->process_id},
               {"boot_id", machine.system().boot_id()}};
    if (const auto config = machine.services().config(name_))
      image["start"] = machine::to_text(config->start);
    return image;
  });
}

std::uint32_t StopService::captured_process(machine::Machine& machine, const Json& before) const {
  const Fields fields("before-image of stop-service", before);
  if (!fields.has("state") || fields.text("boot_id") != machine.system().boot_id()) return 0;
  return static_cast<std::uint32_t>(fields.number("process_id"));
}

Json StopService::apply(machine::Machine& machine, const Json& before, Deadline deadline) const {
  const std::string phrase = "while stopping service " + name_;
  return in_context_of(name_, phrase, ExitCode::kStopDriver, [&]() -> Json {
    const auto failure =
        ServiceControl(machine, name_, deadline).stop(captured_process(machine, before));
    if (failure) throw errors::Failure(*failure);
    return {{"state", machine::to_text(ServiceState::kStopped)}};
  });
}

bool StopService::cannot_start(machine::Machine& machine,
                               const machine::ServiceStatus& status) const {
  if (is_up(status.state)) return false;
  const auto config = machine.services().config(name_);
  return config && config->start == StartType::kDisabled;
}

UndoResult StopService::undo(machine::Machine& machine, const Json& before_image,
                             const Json& /*after*/, Deadline deadline) const {
  const std::string phrase = "while starting service " + name_ + " again";
  return in_context(phrase, ExitCode::kStartDriver, [&] {
    UndoResult result;
    const auto before = state_before_stop(before_image);
    const auto status = machine.services().status(name_);
    if (!before || !is_up(*before)) {
      if (status && is_up(status->state)) {
        result.foreign.push_back("Service " + name_ +
                                 " was started by somebody else and is left running");
      }
      return result;
    }
    if (!status) {
      result.foreign.push_back("Service " + name_ +
                               ", which ran, was removed by somebody else; left so");
      return result;
    }
    if (cannot_start(machine, *status)) {
      result.foreign.push_back("Service " + name_ + ", which ran, " +
                               (was_disabled(before_image)
                                    ? "was disabled before it was stopped, and cannot be started"
                                    : "was disabled by somebody else and is left stopped"));
      return result;
    }
    ServiceControl control(machine, name_, deadline);
    if (status->state == ServiceState::kStopPending) {
      if (const auto failure = control.stop()) {
        result.kind = UndoResult::Kind::kRebootNeeded;
        result.pending.push_back(failure->message() + "; it can be started after the next boot");
        return result;
      }
    }
    control.start(ExitCode::kStartDriver);
    result.runs_again = true;
    return result;
  });
}

Probe StopService::probe(machine::Machine& machine, const Json& before_image,
                         const Json& after) const {
  const std::string phrase = "while looking at service " + name_;
  return in_context(phrase, ExitCode::kStopDriver, [&] {
    const auto before = state_before_stop(before_image);
    const bool was_up = before && is_up(*before);
    const auto status = machine.services().status(name_);
    if (!status || status->state == ServiceState::kStopped) {
      const std::uint32_t process_id = captured_process(machine, before_image);
      if (machine.services().process_alive(process_id)) return Probe::kMoving;
      return was_up || !after.is_null() ? Probe::kAfter : Probe::kBefore;
    }
    if (is_pending(status->state)) return Probe::kMoving;
    return was_up ? Probe::kBefore : Probe::kForeign;
  });
}

}  // namespace actions
