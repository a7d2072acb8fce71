#include "actions/registry/unregister_netsh_helper.h"

namespace actions::registry {

using errors::ExitCode;

Contexts UnregisterNetshHelper::contexts() const {
  return {.capture = {"while looking at netsh helpers", ExitCode::kRemoveNetshHelper},
          .apply = {"while removing netsh helper " + given_.dll, ExitCode::kRemoveNetshHelper},
          .undo = {"while registering netsh helper " + given_.dll + " again",
                   ExitCode::kAddNetshHelper}};
}

UnregisterNetshHelper::Before UnregisterNetshHelper::find(Machine& machine) const {
  Before before{netsh_helpers_like(machine, given_.dll)};
  std::erase_if(before.helpers,
                [this](const NetshHelper& helper) { return !is_helper(helper, given_.dll); });
  return before;
}

UnregisterNetshHelper::After UnregisterNetshHelper::change(Machine& machine, const Before& before,
                                                           Deadline) const {
  for (const NetshHelper& helper : before.helpers)
    machine.registry().remove_value(kNetshKey, helper.name);
  return {};
}

UndoResult UnregisterNetshHelper::take_back(Machine& machine, const Before& before,
                                            const AfterIfKnown&, Deadline) const {
  UndoResult result;
  for (const NetshHelper& helper : before.helpers)
    restore_value(machine, kNetshKey, helper.name, helper.value, std::nullopt, result);
  return result;
}

Probe UnregisterNetshHelper::compare(Machine& machine, const Before& before,
                                     const AfterIfKnown& after) const {
  std::size_t there = 0;
  for (const NetshHelper& helper : before.helpers) {
    const auto now = machine.registry().get(kNetshKey, helper.name);
    if (now && *now != helper.value) return Probe::kForeign;
    if (now) ++there;
  }
  if (before.helpers.empty()) return after ? Probe::kAfter : Probe::kBefore;
  if (there == before.helpers.size()) return Probe::kBefore;
  return there == 0 ? Probe::kAfter : Probe::kBetween;
}

}  // namespace actions::registry
