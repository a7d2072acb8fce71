#include "actions/machine/simulated/simulated_registry.h"

#include <string>

#include "actions/machine/paths.h"

namespace machine::simulated {
namespace {

const RegistryEntry* find(const MachineState& state, const std::string& key,
                          const std::string& value) {
  const auto found = state.registry.find(key);
  if (found == state.registry.end()) return nullptr;
  const auto entry = found->second.values.find(value);
  return entry == found->second.values.end() ? nullptr : &entry->second;
}

void remember_durable_form(MachineState& state, const std::string& key, const std::string& value) {
  const std::string object = key + "\n" + value;
  if (state.unflushed.registry.contains(object)) return;
  nlohmann::json& durable = state.unflushed.registry[object];
  const RegistryEntry* entry = find(state, key, value);
  if (entry == nullptr) return;  // null: was not there
  durable = {{"name", entry->name},
             {"type", static_cast<std::uint32_t>(entry->value.type)},
             {"data", entry->value.data}};
}

}  // namespace

std::optional<RegistryValue> SimulatedRegistry::get(std::string_view key, std::string_view value) {
  DoorCall call(context_);
  const RegistryEntry* entry = find(call.state(), fold_case(key), fold_case(value));
  if (entry == nullptr) return std::nullopt;
  return entry->value;
}

void SimulatedRegistry::set(std::string_view key, std::string_view value,
                            const RegistryValue& data) {
  DoorCall call(context_);
  const std::string folded = fold_case(key);
  remember_durable_form(call.state(), folded, fold_case(value));
  RegistryKey& stored = call.state().registry[folded];
  if (stored.name.empty()) stored.name = key;
  RegistryEntry& entry = stored.values[fold_case(value)];
  if (entry.name.empty()) entry.name = value;
  entry.value = data;
  call.changed();
}

void SimulatedRegistry::remove_value(std::string_view key, std::string_view value) {
  DoorCall call(context_);
  const std::string folded = fold_case(key);
  if (find(call.state(), folded, fold_case(value)) == nullptr) return;
  remember_durable_form(call.state(), folded, fold_case(value));
  call.state().registry[folded].values.erase(fold_case(value));
  call.changed();
}

}  // namespace machine::simulated
