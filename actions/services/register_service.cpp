#include "actions/services/register_service.h"

#include <optional>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/services/service_control.h"
#include "actions/services/service_fields.h"

namespace actions {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::ServiceConfig;
using machine::ServiceType;

std::string noun(const ServiceConfig& config) {
  return config.type == ServiceType::kKernelDriver ? "driver " : "service ";
}

std::optional<ServiceConfig> captured_registration(const Json& before) {
  const Fields fields("before-image of register-service", before);
  if (!fields.has("config")) return std::nullopt;
  return fields.service("config");
}

bool is_marked(machine::Machine& machine, const std::string& name) {
  const auto status = machine.services().status(name);
  return status && status->marked_for_deletion;
}

}  // namespace

RegisterService::RegisterService(std::string name, ServiceConfig wanted)
    : name_(std::move(name)), wanted_(std::move(wanted)) {}

std::unique_ptr<Action> RegisterService::from_parameters(const Json& parameters) {
  const Fields fields("parameters of register-service", parameters);
  return std::make_unique<RegisterService>(fields.name("name"), fields.service("wanted"));
}

Json RegisterService::parameters() const {
  return {{"name", name_}, {"wanted", machine::to_json(wanted_)}};
}

std::string RegisterService::sentence() const {
  return "Register " + noun(wanted_) + name_ + " (" + wanted_.image + ")";
}

std::string RegisterService::undo_sentence() const {
  return "Remove the registration, or restore the earlier one";
}

// A service that is marked for deletion is as good as absent: it goes by itself.
Json RegisterService::capture(machine::Machine& machine) const {
  return in_context("while looking at service " + name_, ExitCode::kCreateService, [&]() -> Json {
    const bool marked = is_marked(machine, name_);
    const auto config = machine.services().config(name_);
    if (marked || !config) return {{"config", nullptr}, {"marked", marked}};
    return {{"config", machine::to_json(*config)}, {"marked", false}};
  });
}

Json RegisterService::apply(machine::Machine& machine, const Json& before_image,
                            Deadline deadline) const {
  const std::string phrase = "while registering " + noun(wanted_) + name_;
  return in_context(phrase, ExitCode::kCreateService, [&]() -> Json {
    const auto before = captured_registration(before_image);
    if (!ServiceControl(machine, name_, deadline).wait_while_marked()) {
      throw Failure(ExitCode::kCreateService, name_, "register " + noun(wanted_) + name_,
                    {"CreateService", 1072,
                     "an earlier registration is marked for deletion and handles to it are open"})
          .advise("Restart the VM, or end what uses " + name_ + ", and try again.");
    }
    const auto current = machine.services().config(name_);
    if (!current) {
      machine.services().create(name_, wanted_);
    } else if (before || declares_same(machine, *current, wanted_)) {
      change(machine, *current);
    } else {
      throw Failure(ExitCode::kCreateService, name_, "register " + noun(wanted_) + name_,
                    {"CreateService", 1073, "somebody else registered one meanwhile"});
    }
    const auto left = machine.services().config(name_);
    return {{"config", machine::to_json(left.value_or(wanted_))}};
  });
}

void RegisterService::change(machine::Machine& machine, const ServiceConfig& current) const {
  if (current.type != wanted_.type) {
    throw Failure(ExitCode::kCreateService, name_, "register " + noun(wanted_) + name_,
                  {"ChangeServiceConfig", 87,
                   "it is registered as a " + noun(current) + "and cannot become another type"});
  }
  ServiceConfig changed = current;
  for (const ServiceField& field : declared_fields())
    field.copy(changed, wanted_);
  if (changed != current) machine.services().change(name_, changed);
}

ServiceConfig RegisterService::left_by_us(const Json& after) const {
  if (after.is_null()) return wanted_;
  return Fields("after-image of register-service", after).service("config");
}

// Made here; perhaps not whole, where the process died before it said what it left.
bool RegisterService::is_ours(machine::Machine& machine, const ServiceConfig& current,
                              const Json& after) const {
  return after.is_null() ? is_begun(machine, current, wanted_)
                         : declares_same(machine, current, left_by_us(after));
}

UndoResult RegisterService::undo(machine::Machine& machine, const Json& before_image,
                                 const Json& after, Deadline deadline) const {
  const std::string phrase = "while taking back the registration of " + name_;
  return in_context(phrase, ExitCode::kDeleteService, [&] {
    const auto before = captured_registration(before_image);
    return before ? undo_change(machine, *before, left_by_us(after))
                  : undo_creation(machine, before_image, after, deadline);
  });
}

// What a boot has started on top of it would keep it from going.
void RegisterService::stop_dependents(machine::Machine& machine, Deadline deadline,
                                      UndoResult& result) const {
  for (const std::string& dependent : machine.services().active_dependents(name_)) {
    ServiceControl(machine, dependent, deadline).stop();
    result.foreign.push_back("Service " + dependent + ", which depends on " + name_ +
                             ", was stopped to remove that");
  }
}

UndoResult RegisterService::undo_creation(machine::Machine& machine, const Json& before,
                                          const Json& after, Deadline deadline) const {
  ServiceControl control(machine, name_, deadline);
  UndoResult result;
  if (!is_marked(machine, name_)) {
    const auto current = machine.services().config(name_);
    if (!current) return result;
    if (!is_ours(machine, *current, after)) {
      result.foreign.push_back("Service " + name_ + " is not the one registered here and is left");
      return result;
    }
    stop_dependents(machine, deadline, result);
    // One that will not stop is marked all the same: the next boot takes it away.
    control.stop();
    machine.services().remove(name_);
  } else if (after.is_null() && Fields("before-image of register-service", before).flag("marked")) {
    return result;  // as it was found: on its way out
  }
  if (!control.wait_while_marked()) {
    result.kind = UndoResult::Kind::kRebootNeeded;
    result.pending.push_back("Service " + name_ +
                             " is marked for deletion; the next boot removes it");
  }
  return result;
}

UndoResult RegisterService::undo_change(machine::Machine& machine, const ServiceConfig& before,
                                        const ServiceConfig& left) const {
  UndoResult result;
  const auto current = machine.services().config(name_);
  if (!current || is_marked(machine, name_)) {
    result.foreign.push_back("Service " + name_ + " was removed by somebody else; left so");
    return result;
  }
  ServiceConfig restored = *current;
  for (const ServiceField& field : declared_fields()) {
    if (field.equal(machine, *current, left)) {
      field.copy(restored, before);
    } else if (!field.equal(machine, *current, before)) {
      result.foreign.push_back("The " + std::string(field.name) + " of service " + name_ +
                               " was changed by somebody else and is left");
    }
  }
  if (restored != *current) machine.services().change(name_, restored);
  return result;
}

Probe RegisterService::probe(machine::Machine& machine, const Json& before_image,
                             const Json& after) const {
  const std::string phrase = "while looking at service " + name_;
  return in_context(phrase, ExitCode::kCreateService, [&] {
    const auto before = captured_registration(before_image);
    const ServiceConfig left = left_by_us(after);
    if (is_marked(machine, name_)) return Probe::kMoving;
    const auto current = machine.services().config(name_);
    if (!current) return before ? Probe::kForeign : Probe::kBefore;
    if (!before) {
      if (!is_ours(machine, *current, after)) return Probe::kForeign;
      return declares_same(machine, *current, left) ? Probe::kAfter : Probe::kMoving;
    }

    bool all_before = true;
    bool all_after = true;
    for (const ServiceField& field : declared_fields()) {
      const bool is_before = field.equal(machine, *current, *before);
      const bool is_after = field.equal(machine, *current, left);
      if (!is_before && !is_after) return Probe::kForeign;
      all_before = all_before && is_before;
      all_after = all_after && is_after;
    }
    if (all_before && !(all_after && !after.is_null())) return Probe::kBefore;
    return all_after ? Probe::kAfter : Probe::kBetween;
  });
}

}  // namespace actions
