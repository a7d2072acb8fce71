#include "actions/registry/write_registry.h"

#include <utility>

namespace actions::registry {

using errors::ExitCode;
using errors::Failure;

Contexts WriteRegistry::contexts() const {
  return {.capture = {"while looking at " + target()},
          .apply = {"while writing " + target()},
          .undo = {"while taking back " + target()}};
}

WriteRegistry::Before WriteRegistry::find(Machine& machine) const {
  auto value = machine.registry().get(given_.key, given_.name);
  return {std::move(value), !machine.registry().subtree(given_.key).empty()};
}

bool WriteRegistry::made_key(machine::Machine& machine, const Before& before) const {
  return given_.wanted && !before.key && !machine.registry().subtree(given_.key).empty();
}

bool WriteRegistry::is_empty(machine::Machine& machine) const {
  const auto keys = machine.registry().subtree(given_.key);
  return keys.size() == 1 && keys.front().values.empty();
}

void WriteRegistry::write(machine::Machine& machine) const {
  if (machine.registry().get(given_.key, given_.name) == given_.wanted) return;
  machine.registry().set(given_.key, given_.name, *given_.wanted);
  if (machine.registry().get(given_.key, given_.name) != given_.wanted)
    throw Failure(ExitCode::kGeneric, target(), "set " + target() + ": it does not read back");
}

WriteRegistry::After WriteRegistry::change(Machine& machine, const Before& before, Deadline) const {
  if (given_.wanted) {
    write(machine);
  } else if (before.value) {
    machine.registry().remove_value(given_.key, given_.name);
    if (is_empty(machine)) machine.registry().remove_key(given_.key);
  }
  return {given_.wanted};
}

UndoResult WriteRegistry::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                    Deadline) const {
  UndoResult result;
  restore_value(machine, given_.key, given_.name, before.value, given_.wanted, result);
  if (!made_key(machine, before)) return result;
  if (is_empty(machine)) {
    machine.registry().remove_key(given_.key);
  } else if (result.foreign.empty()) {
    result.foreign.push_back("Registry key " + given_.key +
                             " was made here and is left, for somebody else wrote to it");
  }
  return result;
}

Probe WriteRegistry::compare(Machine& machine, const Before& before,
                             const AfterIfKnown& after) const {
  const auto now = machine.registry().get(given_.key, given_.name);
  if (now == given_.wanted && (now != before.value || after)) return Probe::kAfter;
  if (now != before.value) return Probe::kForeign;
  return made_key(machine, before) ? Probe::kBetween : Probe::kBefore;
}

}  // namespace actions::registry
