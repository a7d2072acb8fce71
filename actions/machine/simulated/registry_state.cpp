#include "actions/machine/simulated/registry_state.h"

#include <vector>

#include "actions/machine/paths.h"

namespace machine::simulated {
namespace {

void remember_durable_value(MachineState& state, const std::string& key, const std::string& value) {
  const std::string object = key + "\n" + value;
  if (state.unflushed.registry.contains(object)) return;
  nlohmann::json& durable = state.unflushed.registry[object];
  const RegistryEntry* entry = find_value(state, key, value);
  if (entry == nullptr) return;  // null: was not there
  durable = {{"key", state.registry.at(key).name},
             {"name", entry->name},
             {"type", static_cast<std::uint32_t>(entry->value.type)},
             {"data", entry->value.data}};
}

}  // namespace

const RegistryEntry* find_value(const MachineState& state, std::string_view key,
                                std::string_view value) {
  const auto found = state.registry.find(fold_case(key));
  if (found == state.registry.end()) return nullptr;
  const auto entry = found->second.values.find(fold_case(value));
  return entry == found->second.values.end() ? nullptr : &entry->second;
}

void set_value(MachineState& state, std::string_view key, std::string_view value,
               const RegistryValue& data) {
  const std::string folded = fold_case(key);
  remember_durable_value(state, folded, fold_case(value));
  RegistryKey& stored = state.registry[folded];
  if (stored.name.empty()) stored.name = key;
  RegistryEntry& entry = stored.values[fold_case(value)];
  if (entry.name.empty()) entry.name = value;
  entry.value = data;
}

bool erase_value(MachineState& state, std::string_view key, std::string_view value) {
  if (find_value(state, key, value) == nullptr) return false;
  const std::string folded = fold_case(key);
  remember_durable_value(state, folded, fold_case(value));
  state.registry[folded].values.erase(fold_case(value));
  return true;
}

bool erase_key(MachineState& state, std::string_view key) {
  const auto found = state.registry.find(fold_case(key));
  if (found == state.registry.end()) return false;
  for (const auto& [folded, entry] : found->second.values)
    remember_durable_value(state, found->first, folded);
  state.registry.erase(found);
  return true;
}

void erase_tree(MachineState& state, std::string_view key) {
  const std::string top = fold_case(key);
  std::vector<std::string> keys;
  for (const auto& [folded, stored] : state.registry)
    if (is_key_within(folded, top)) keys.push_back(folded);
  for (const std::string& folded : keys)
    erase_key(state, folded);
}

bool is_key_within(std::string_view key, std::string_view top) {
  return key.starts_with(top) && (key.size() == top.size() || key[top.size()] == '\\');
}

}  // namespace machine::simulated
