#include "actions/registry/register_netsh_helper.h"

#include "actions/machine/paths.h"

namespace actions::registry {
namespace {

using errors::ExitCode;
using machine::RegistryType;
using machine::RegistryValue;

std::string without_extension(const std::string& name) { return name.substr(0, name.rfind('.')); }

}  // namespace

Contexts RegisterNetshHelper::contexts() const {
  return {.capture = {"while looking at netsh helpers", ExitCode::kAddNetshHelper},
          .apply = {"while registering netsh helper " + given_.dll, ExitCode::kAddNetshHelper},
          .undo = {"while taking back netsh helper " + given_.dll, ExitCode::kRemoveNetshHelper}};
}

RegisterNetshHelper::Before RegisterNetshHelper::find(Machine& machine) const {
  const auto helpers = netsh_helpers_like(machine, given_.dll);
  const std::string name =
      helpers.empty() ? without_extension(machine::file_name(given_.dll)) : helpers.front().name;
  return {name, machine.registry().get(kNetshKey, name)};
}

RegistryValue RegisterNetshHelper::wanted(const Before& before) const {
  const auto& value = before.value;
  const bool is_as_wanted =
      value && is_text(*value) && machine::equal_paths(value->data, given_.dll);
  return is_as_wanted ? *value : RegistryValue{RegistryType::kString, given_.dll};
}

RegisterNetshHelper::After RegisterNetshHelper::change(Machine& machine, const Before& before,
                                                       Deadline) const {
  const RegistryValue data = wanted(before);
  if (machine.registry().get(kNetshKey, before.name) != data)
    machine.registry().set(kNetshKey, before.name, data);
  return {before.name, data};
}

UndoResult RegisterNetshHelper::take_back(Machine& machine, const Before& before,
                                          const AfterIfKnown&, Deadline) const {
  UndoResult result;
  restore_value(machine, kNetshKey, before.name, before.value, wanted(before), result);
  return result;
}

Probe RegisterNetshHelper::compare(Machine& machine, const Before& before,
                                   const AfterIfKnown& after) const {
  const auto now = machine.registry().get(kNetshKey, before.name);
  const bool is_after = now == wanted(before);
  if (now == before.value && !(is_after && after)) return Probe::kBefore;
  return is_after ? Probe::kAfter : Probe::kForeign;
}

}  // namespace actions::registry
