#include "actions/machine/simulated/interfaces/simulated_registry.h"

#include <algorithm>
#include <map>
#include <string>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/pending_renames.h"
#include "actions/machine/simulated/registry_state.h"
#include "actions/machine/simulated/win32_error.h"

namespace machine::simulated::interfaces {

std::optional<RegistryValue> SimulatedRegistry::get(std::string_view key, std::string_view value) {
  MachineCall call(context_);
  if (is_rename_queue(key, value)) return rename_queue(call.state());
  const RegistryEntry* entry = find_value(call.state(), key, value);
  if (entry == nullptr) return std::nullopt;
  return entry->value;
}

void SimulatedRegistry::set(std::string_view key, std::string_view value,
                            const RegistryValue& data) {
  MachineCall call(context_);
  if (is_rename_queue(key, value)) {
    replace_rename_queue(call.state(), data);
  } else {
    set_value(call.state(), key, value, data);
  }
  call.changed();
}

void SimulatedRegistry::remove_value(std::string_view key, std::string_view value) {
  MachineCall call(context_);
  if (is_rename_queue(key, value)) {
    if (call.state().pending_renames.empty()) return;
    replace_rename_queue(call.state(), std::nullopt);
    call.changed();
  } else if (erase_value(call.state(), key, value)) {
    call.changed();
  }
}

std::vector<RegistryKeyContent> SimulatedRegistry::subtree(std::string_view key) {
  MachineCall call(context_);
  const std::string top = fold_case(key);
  std::map<std::string, RegistryKeyContent> found;
  for (const auto& [folded, stored] : call.state().registry) {
    if (!is_key_within(folded, top)) continue;
    // Keys between that hold nothing but keys are not stored and exist all the same.
    for (std::size_t end = top.size(); end < folded.size(); end = folded.find('\\', end + 1)) {
      found.try_emplace(folded.substr(0, end), RegistryKeyContent{stored.name.substr(0, end), {}});
    }
    RegistryKeyContent& content = found[folded];
    content.key = stored.name;
    for (const auto& [folded_value, entry] : stored.values)
      content.values[entry.name] = entry.value;
  }
  std::vector<RegistryKeyContent> keys;
  keys.reserve(found.size());
  for (auto& [folded, content] : found)
    keys.push_back(std::move(content));
  return keys;
}

void SimulatedRegistry::remove_key(std::string_view key) {
  MachineCall call(context_);
  const std::string top = fold_case(key);
  const bool has_keys = std::ranges::any_of(call.state().registry, [&](const auto& entry) {
    return entry.first != top && is_key_within(entry.first, top);
  });
  if (has_keys) {
    Attempt{errors::ExitCode::kGeneric, "remove registry key", "RegDeleteKeyEx", key}.fail(
        kAccessDenied);
  }
  if (erase_key(call.state(), key)) call.changed();
}

}  // namespace machine::simulated::interfaces
