#include "actions/registry/register_netsh_helper.h"

#include <optional>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/machine/paths.h"
#include "actions/registry/netsh_helpers.h"
#include "actions/registry/registry_image.h"

namespace actions {
namespace {

using errors::ExitCode;
using machine::RegistryType;
using machine::RegistryValue;

std::string without_extension(const std::string& name) { return name.substr(0, name.rfind('.')); }

struct Before {
  std::string name;
  std::optional<RegistryValue> value;
  RegistryValue wanted;
};

// A value that names the DLL as wanted, but for its case, is left as it is.
Before read(const Json& json, const std::string& dll) {
  const Fields fields("before-image of register-netsh-helper", json);
  Before before{fields.text("name"), read_value(fields, "value"), {RegistryType::kString, dll}};
  if (before.value && is_text(*before.value) && machine::equal_paths(before.value->data, dll))
    before.wanted = *before.value;
  return before;
}

}  // namespace

RegisterNetshHelper::RegisterNetshHelper(std::string dll) : dll_(std::move(dll)) {}

std::unique_ptr<Action> RegisterNetshHelper::from_parameters(const Json& parameters) {
  return std::make_unique<RegisterNetshHelper>(
      Fields("parameters of register-netsh-helper", parameters).absolute("dll"));
}

Json RegisterNetshHelper::parameters() const { return {{"dll", dll_}}; }

std::string RegisterNetshHelper::sentence() const { return "Register netsh helper " + dll_; }

std::string RegisterNetshHelper::undo_sentence() const {
  return "Remove the registration, or restore the earlier one";
}

Json RegisterNetshHelper::capture(machine::Machine& machine) const {
  return in_context("while looking at netsh helpers", ExitCode::kAddNetshHelper, [&]() -> Json {
    const auto helpers = netsh_helpers_like(machine, dll_);
    const std::string name =
        helpers.empty() ? without_extension(machine::file_name(dll_)) : helpers.front().name;
    return {{"name", name}, {"value", value_image(machine.registry().get(kNetshKey, name))}};
  });
}

Json RegisterNetshHelper::apply(machine::Machine& machine, const Json& before_image,
                                Deadline /*deadline*/) const {
  const std::string phrase = "while registering netsh helper " + dll_;
  return in_context(phrase, ExitCode::kAddNetshHelper, [&]() -> Json {
    const Before before = read(before_image, dll_);
    if (machine.registry().get(kNetshKey, before.name) != before.wanted)
      machine.registry().set(kNetshKey, before.name, before.wanted);
    return {{"name", before.name}, {"value", value_image(before.wanted)}};
  });
}

UndoResult RegisterNetshHelper::undo(machine::Machine& machine, const Json& before_image,
                                     const Json& /*after*/, Deadline /*deadline*/) const {
  const std::string phrase = "while taking back netsh helper " + dll_;
  return in_context(phrase, ExitCode::kRemoveNetshHelper, [&] {
    UndoResult result;
    const Before before = read(before_image, dll_);
    restore_value(machine, kNetshKey, before.name, before.value, before.wanted, result);
    return result;
  });
}

Probe RegisterNetshHelper::probe(machine::Machine& machine, const Json& before_image,
                                 const Json& after) const {
  return in_context("while looking at netsh helpers", ExitCode::kAddNetshHelper, [&] {
    const Before before = read(before_image, dll_);
    const auto now = machine.registry().get(kNetshKey, before.name);
    if (now == before.value && !(now == before.wanted && !after.is_null())) return Probe::kBefore;
    return now == before.wanted ? Probe::kAfter : Probe::kForeign;
  });
}

}  // namespace actions
