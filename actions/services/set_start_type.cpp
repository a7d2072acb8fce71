#include "actions/services/set_start_type.h"

namespace actions::services {

using errors::ExitCode;
using errors::Failure;

Contexts SetStartType::contexts() const {
  return {.capture = {"while looking at service " + given_.name, ExitCode::kChangeStartType},
          .apply = {"while setting the start type of " + given_.name, ExitCode::kChangeStartType},
          .undo = {"while restoring the start type of " + given_.name, ExitCode::kChangeStartType}};
}

SetStartType::Before SetStartType::find(Machine& machine) const {
  const auto config = machine.services().config(given_.name);
  return {config ? std::optional(config->start) : std::nullopt};
}

SetStartType::After SetStartType::change(Machine& machine, const Before&, Deadline) const {
  auto config = machine.services().config(given_.name);
  if (!config) {
    throw Failure(ExitCode::kChangeStartType, given_.name, "set the start type of " + given_.name,
                  {"OpenService", 1060, "the service is not registered"});
  }
  if (config->start != given_.start) {
    config->start = given_.start;
    machine.services().change(given_.name, *config);
  }
  return {given_.start};
}

UndoResult SetStartType::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                   Deadline) const {
  UndoResult result;
  if (!before.start) return result;  // the service was absent: apply set nothing
  auto config = machine.services().config(given_.name);
  if (!config) {
    result.foreign.push_back("Service " + given_.name + " was removed by somebody else; left so");
  } else if (config->start == given_.start && given_.start != *before.start) {
    config->start = *before.start;
    machine.services().change(given_.name, *config);
  } else if (config->start != *before.start) {
    result.foreign.push_back("The start type of " + given_.name + " was set to " +
                             std::string(machine::to_text(config->start)) +
                             " by somebody else and is left");
  }
  return result;
}

Probe SetStartType::compare(Machine& machine, const Before& before,
                            const AfterIfKnown& after) const {
  const auto config = machine.services().config(given_.name);
  if (!config) return before.start ? Probe::kForeign : Probe::kBefore;
  const bool is_after = config->start == given_.start;
  if (config->start == before.start && !(is_after && after)) return Probe::kBefore;
  return is_after ? Probe::kAfter : Probe::kForeign;
}

}  // namespace actions::services
