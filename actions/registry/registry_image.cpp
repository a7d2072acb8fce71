#include "actions/registry/registry_image.h"

namespace actions::registry {

using machine::RegistryType;
using machine::RegistryValue;

bool is_text(const RegistryValue& value) {
  return value.type == RegistryType::kString || value.type == RegistryType::kExpandString;
}

void restore_value(machine::Machine& machine, std::string_view key, const std::string& name,
                   const std::optional<RegistryValue>& before,
                   const std::optional<RegistryValue>& left, UndoResult& result) {
  machine::Registry& registry = machine.registry();
  const auto now = registry.get(key, name);
  if (now == before) return;
  if (now != left) {
    result.foreign.push_back("Registry value " + std::string(key) + "\\" + name +
                             (now ? " was changed by somebody else and is left"
                                  : " was removed by somebody else; left so"));
  } else if (before) {
    registry.set(key, name, *before);
  } else {
    registry.remove_value(key, name);
  }
}

}  // namespace actions::registry
