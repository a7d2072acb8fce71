#include "actions/services/unregister_service.h"

#include <optional>
#include <utility>

#include "actions/best_effort.h"
#include "actions/context.h"
#include "actions/fields.h"
#include "actions/services/service_control.h"
#include "actions/services/service_fields.h"
#include "actions/services/service_key.h"

namespace actions {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::ServiceConfig;
using machine::ServiceState;

std::optional<ServiceConfig> captured_service(const Json& before) {
  const Fields fields("before-image of unregister-service", before);
  if (!fields.has("config")) return std::nullopt;
  return fields.service("config");
}

// None in an image of an older program, or where the key could not be read.
std::vector<Fields> captured_key(const Json& before) {
  const Fields fields("before-image of unregister-service", before);
  if (!fields.is_written("key") || !fields.has("key")) return {};
  return fields.objects("key");
}

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

UnregisterService::UnregisterService(std::string name) : name_(std::move(name)) {}

std::unique_ptr<Action> UnregisterService::from_parameters(const Json& parameters) {
  return std::make_unique<UnregisterService>(
      Fields("parameters of unregister-service", parameters).name("name"));
}

Json UnregisterService::parameters() const { return {{"name", name_}}; }

std::string UnregisterService::sentence() const { return "Remove the registration of " + name_; }

std::string UnregisterService::undo_sentence() const { return "Register " + name_ + " again"; }

// A service that is marked for deletion is as good as absent: it goes by itself.
Json UnregisterService::capture(machine::Machine& machine) const {
  const std::string phrase = "while looking at service " + name_;
  return in_context(phrase, ExitCode::kDeleteService, [&]() -> Json {
    const auto status = machine.services().status(name_);
    const auto config = machine.services().config(name_);
    if (!status || !config || status->marked_for_deletion) return {{"config", nullptr}};
    const auto key =
        look_at(machine, [this](auto& door) { return service_key_image(door, name_); });
    return {{"config", machine::to_json(*config)},
            {"key", key.value_or(nullptr)},
            {"state", machine::to_text(status->state)},
            {"process_id", status->process_id}};
  });
}

Json UnregisterService::apply(machine::Machine& machine, const Json& before,
                              Deadline deadline) const {
  const std::string phrase = "while removing the registration of " + name_;
  return in_context(phrase, ExitCode::kDeleteService, [&]() -> Json {
    const auto status = machine.services().status(name_);
    if (!status) return {{"removed", false}};
    if (!status->marked_for_deletion) {
      if (!captured_service(before)) {
        throw Failure(ExitCode::kDeleteService, name_,
                      "remove service " + name_ + ": somebody registered it meanwhile");
      }
      if (status->state != ServiceState::kStopped) {
        throw Failure(
            ExitCode::kDeleteService, name_, "remove service " + name_,
            {"DeleteService", 1056, "it is " + std::string(machine::to_text(status->state))});
      }
      machine.services().remove(name_);
    }
    if (!ServiceControl(machine, name_, deadline).wait_while_marked()) {
      throw Failure(ExitCode::kDeleteService, name_, "remove service " + name_,
                    {"DeleteService", 1072, "it is marked for deletion, but handles are open"})
          .advise("End what uses service " + name_ + ", or restart the VM.");
    }
    return {{"removed", true}};
  });
}

UndoResult UnregisterService::undo(machine::Machine& machine, const Json& before_image,
                                   const Json& /*after*/, Deadline deadline) const {
  const std::string phrase = "while registering " + name_ + " again";
  return in_context(phrase, ExitCode::kCreateService, [&] {
    UndoResult result;
    const auto before = captured_service(before_image);
    const auto status = machine.services().status(name_);
    if (status && status->marked_for_deletion) {
      if (!before) return result;
      if (!ServiceControl(machine, name_, deadline).wait_while_marked()) {
        result.kind = UndoResult::Kind::kRebootNeeded;
        result.pending.push_back(
            "Service " + name_ +
            " is marked for deletion; it is registered again after the next boot");
        return result;
      }
    }
    const auto current = machine.services().config(name_);
    if (current && !(before && is_begun_anew(machine, *current, *before))) {
      result.foreign.push_back("Service " + name_ + " was registered by somebody else and is left");
      return result;
    }
    if (!before) return result;
    const bool is_whole = current && is_same(machine, *current, *before);
    if (!current) {
      machine.services().create(name_, *before);
    } else if (!is_whole) {
      machine.services().change(name_, *before);
    }
    restore_service_key(machine, name_, captured_key(before_image), !is_whole, result);
    return result;
  });
}

Probe UnregisterService::probe(machine::Machine& machine, const Json& before_image,
                               const Json& after) const {
  const std::string phrase = "while looking at service " + name_;
  return in_context(phrase, ExitCode::kDeleteService, [&] {
    const auto before = captured_service(before_image);
    const auto status = machine.services().status(name_);
    if (status && status->marked_for_deletion) return Probe::kMoving;
    const auto current = machine.services().config(name_);
    if (!current) return before || !after.is_null() ? Probe::kAfter : Probe::kBefore;
    if (!before || !is_begun_anew(machine, *current, *before)) return Probe::kForeign;
    return is_same(machine, *current, *before) ? Probe::kBefore : Probe::kMoving;
  });
}

}  // namespace actions
