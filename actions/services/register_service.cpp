#include "actions/services/register_service.h"

#include <utility>

#include "actions/services/service_control.h"
#include "actions/services/service_fields.h"

namespace actions::services {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::ServiceConfig;
using machine::ServiceType;

std::string noun(const ServiceConfig& config) {
  return config.type == ServiceType::kKernelDriver ? "driver " : "service ";
}

bool is_marked(machine::Machine& machine, const std::string& name) {
  const auto status = machine.services().status(name);
  return status && status->marked_for_deletion;
}

}  // namespace

std::string RegisterService::sentence() const {
  return "Register " + noun(given_.wanted) + given_.name + " (" + given_.wanted.image + ")";
}

Contexts RegisterService::contexts() const {
  const std::string& name = given_.name;
  return {.capture = {"while looking at service " + name, ExitCode::kCreateService},
          .apply = {"while registering " + noun(given_.wanted) + name, ExitCode::kCreateService},
          .undo = {"while taking back the registration of " + name, ExitCode::kDeleteService}};
}

// A service that is marked for deletion is as good as absent: it goes by itself.
RegisterService::Before RegisterService::find(Machine& machine) const {
  const bool marked = is_marked(machine, given_.name);
  auto config = machine.services().config(given_.name);
  if (marked) config.reset();
  return {std::move(config), marked};
}

RegisterService::After RegisterService::change(Machine& machine, const Before& before,
                                               Deadline deadline) const {
  const std::string& name = given_.name;
  const std::string tried = "register " + noun(given_.wanted) + name;
  if (!ServiceControl(machine, name, deadline).wait_while_marked()) {
    throw Failure(ExitCode::kCreateService, name, tried,
                  {"CreateService", 1072,
                   "an earlier registration is marked for deletion and handles to it are open"})
        .advise("Restart the VM, or end what uses " + name + ",");
  }
  const auto current = machine.services().config(name);
  if (!current) {
    machine.services().create(name, given_.wanted);
  } else if (before.config || declares_same(machine, *current, given_.wanted)) {
    change_fields(machine, *current);
  } else {
    throw Failure(ExitCode::kCreateService, name, tried,
                  {"CreateService", 1073, "somebody else registered one meanwhile"});
  }
  return {machine.services().config(name).value_or(given_.wanted)};
}

void RegisterService::change_fields(machine::Machine& machine, const ServiceConfig& current) const {
  if (current.type != given_.wanted.type) {
    throw Failure(ExitCode::kCreateService, given_.name,
                  "register " + noun(given_.wanted) + given_.name,
                  {"ChangeServiceConfig", 87,
                   "it is registered as a " + noun(current) + "and cannot become another type"});
  }
  ServiceConfig changed = current;
  for (const ServiceField& field : declared_fields())
    field.copy(changed, given_.wanted);
  if (changed != current) machine.services().change(given_.name, changed);
}

const ServiceConfig& RegisterService::left_by_us(const AfterIfKnown& after) const {
  return after ? after->config : given_.wanted;
}

// Made here; perhaps not whole, where the process died before it said what it left.
bool RegisterService::is_ours(machine::Machine& machine, const ServiceConfig& current,
                              const AfterIfKnown& after) const {
  return after ? declares_same(machine, current, after->config)
               : is_begun(machine, current, given_.wanted);
}

UndoResult RegisterService::take_back(Machine& machine, const Before& before,
                                      const AfterIfKnown& after, Deadline deadline) const {
  return before.config ? undo_change(machine, *before.config, left_by_us(after))
                       : undo_creation(machine, before, after, deadline);
}

// A service that a boot started on top of it would keep it from going.
void RegisterService::stop_dependents(machine::Machine& machine, Deadline deadline,
                                      UndoResult& result) const {
  for (const std::string& dependent : machine.services().active_dependents(given_.name)) {
    ServiceControl(machine, dependent, deadline).stop();
    result.foreign.push_back("Service " + dependent + ", which depends on " + given_.name +
                             ", was stopped to remove that");
  }
}

UndoResult RegisterService::undo_creation(machine::Machine& machine, const Before& before,
                                          const AfterIfKnown& after, Deadline deadline) const {
  const std::string& name = given_.name;
  ServiceControl control(machine, name, deadline);
  UndoResult result;
  if (!is_marked(machine, name)) {
    const auto current = machine.services().config(name);
    if (!current) return result;
    if (!is_ours(machine, *current, after)) {
      result.foreign.push_back("Service " + name + " is not the one registered here and is left");
      return result;
    }
    stop_dependents(machine, deadline, result);
    // A service that does not stop is marked all the same: the next boot takes it away.
    control.stop();
    machine.services().remove(name);
  } else if (!after && before.marked) {
    return result;  // as it was found: on its way out
  }
  if (!control.wait_while_marked()) {
    result.kind = UndoResult::Kind::kRebootNeeded;
    result.pending.push_back("Service " + name +
                             " is marked for deletion; the next boot removes it");
  }
  return result;
}

UndoResult RegisterService::undo_change(machine::Machine& machine, const ServiceConfig& before,
                                        const ServiceConfig& left) const {
  UndoResult result;
  const std::string& name = given_.name;
  const auto current = machine.services().config(name);
  if (!current || is_marked(machine, name)) {
    result.foreign.push_back("Service " + name + " was removed by somebody else; left so");
    return result;
  }
  ServiceConfig restored = *current;
  for (const ServiceField& field : declared_fields()) {
    if (field.equal(machine, *current, left)) {
      field.copy(restored, before);
    } else if (!field.equal(machine, *current, before)) {
      result.foreign.push_back("The " + std::string(field.name) + " of service " + name +
                               " was changed by somebody else and is left");
    }
  }
  if (restored != *current) machine.services().change(name, restored);
  return result;
}

Probe RegisterService::compare(Machine& machine, const Before& before,
                               const AfterIfKnown& after) const {
  const ServiceConfig& left = left_by_us(after);
  if (is_marked(machine, given_.name)) return Probe::kMoving;
  const auto current = machine.services().config(given_.name);
  if (!current) return before.config ? Probe::kForeign : Probe::kBefore;
  if (!before.config) {
    if (!is_ours(machine, *current, after)) return Probe::kForeign;
    return declares_same(machine, *current, left) ? Probe::kAfter : Probe::kMoving;
  }

  bool all_before = true;
  bool all_after = true;
  for (const ServiceField& field : declared_fields()) {
    const bool is_before = field.equal(machine, *current, *before.config);
    const bool is_after = field.equal(machine, *current, left);
    if (!is_before && !is_after) return Probe::kForeign;
    all_before = all_before && is_before;
    all_after = all_after && is_after;
  }
  if (all_before && !(all_after && after)) return Probe::kBefore;
  return all_after ? Probe::kAfter : Probe::kBetween;
}

}  // namespace actions::services
