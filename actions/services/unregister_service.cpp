#include "actions/services/unregister_service.h"

#include <utility>

#include "actions/best_effort.h"
#include "actions/services/service_control.h"
#include "actions/services/service_fields.h"

namespace actions::services {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::ServiceConfig;
using machine::ServiceState;

// How long open handles are waited for: the next boot removes what is marked in any case.
constexpr std::uint32_t kHandlePatienceMs = 10'000;

bool is_same(machine::Machine& machine, const ServiceConfig& a, const ServiceConfig& b) {
  return declares_same(machine, a, b) && a.start == b.start && a.delayed_start == b.delayed_start;
}

// Registered again by us: whole, or as an undo that died in the middle has left it.
bool is_begun_anew(machine::Machine& machine, const ServiceConfig& found,
                   const ServiceConfig& before) {
  return is_begun(machine, found, before) && found.start == before.start &&
         (!found.delayed_start || before.delayed_start);
}

}  // namespace

Contexts UnregisterService::contexts() const {
  const std::string& name = given_.name;
  return {.capture = {"while looking at service " + name, ExitCode::kDeleteService},
          .apply = {"while removing the registration of " + name, ExitCode::kDeleteService},
          .undo = {"while registering " + name + " again", ExitCode::kCreateService}};
}

// A service that is marked for deletion is as good as absent: it goes by itself.
UnregisterService::Before UnregisterService::find(Machine& machine) const {
  const auto status = machine.services().status(given_.name);
  const auto config = machine.services().config(given_.name);
  if (!status || !config || status->marked_for_deletion) return {};
  auto key = if_readable([&] { return service_key_values(machine, given_.name); });
  return {config, std::move(key), status->state, status->process_id};
}

UnregisterService::After UnregisterService::change(Machine& machine, const Before& before,
                                                   Deadline deadline) const {
  const std::string& name = given_.name;
  const auto status = machine.services().status(name);
  if (!status) return {.removed = false};
  if (!status->marked_for_deletion) {
    if (!before.config) {
      throw Failure(ExitCode::kDeleteService, name,
                    "remove service " + name + ": somebody registered it meanwhile");
    }
    if (status->state != ServiceState::kStopped) {
      throw Failure(
          ExitCode::kDeleteService, name, "remove service " + name,
          {"DeleteService", 1056, "it is " + std::string(machine::to_text(status->state))});
    }
    machine.services().remove(name);
  }
  ServiceControl(machine, name, within(machine, deadline, kHandlePatienceMs)).wait_while_marked();
  return {.removed = true};
}

UndoResult UnregisterService::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                        Deadline deadline) const {
  UndoResult result;
  const std::string& name = given_.name;
  const auto status = machine.services().status(name);
  if (status && status->marked_for_deletion) {
    if (!before.config) return result;
    if (!ServiceControl(machine, name, deadline).wait_while_marked()) {
      result.kind = UndoResult::Kind::kRebootNeeded;
      result.pending.push_back(
          "Service " + name +
          " is marked for deletion; it is registered again after the next boot");
      return result;
    }
  }
  const auto current = machine.services().config(name);
  if (current && !(before.config && is_begun_anew(machine, *current, *before.config))) {
    result.foreign.push_back("Service " + name + " was registered by somebody else and is left");
    return result;
  }
  if (!before.config) return result;
  const bool is_whole = current && is_same(machine, *current, *before.config);
  if (!current) {
    machine.services().create(name, *before.config);
  } else if (!is_whole) {
    machine.services().change(name, *before.config);
  }
  if (before.key) restore_service_key(machine, name, *before.key, !is_whole, result);
  return result;
}

Probe UnregisterService::compare(Machine& machine, const Before& before,
                                 const AfterIfKnown& after) const {
  const auto status = machine.services().status(given_.name);
  if (status && status->marked_for_deletion) return Probe::kMoving;
  const auto current = machine.services().config(given_.name);
  if (!current) return before.config || after ? Probe::kAfter : Probe::kBefore;
  if (!before.config || !is_begun_anew(machine, *current, *before.config)) return Probe::kForeign;
  return is_same(machine, *current, *before.config) ? Probe::kBefore : Probe::kMoving;
}

}  // namespace actions::services
