#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "actions/action.h"
#include "actions/fields.h"
#include "actions/machine/machine.h"
#include "actions/machine/registry.h"

namespace actions {

// A value of the registry in a before- or after-image, raw and with its type's number:
// {"type": 1, "data": "..."}. A type that this program does not know is passed on.
template <>
struct Description<machine::RegistryValue> {
  template <class Self, class Visit>
  static void describe(Self& self, Visit& visit) {
    auto type = static_cast<std::uint32_t>(self.type);
    visit.required("type", type);
    if constexpr (!std::is_const_v<Self>) self.type = static_cast<machine::RegistryType>(type);
    visit.required("data", self.data, Text::kAny);
  }
};

}  // namespace actions

namespace actions::registry {

// The same with its name: {"name": "...", "type": 1, "data": "..."}.
struct NamedValue {
  std::string name;  // empty: the key's default value
  machine::RegistryValue value;
  static void describe(auto& self, auto& visit) {
    visit.required("name", self.name, Text::kAny);
    Description<machine::RegistryValue>::describe(self.value, visit);
  }
};

bool is_text(const machine::RegistryValue& value);  // REG_SZ or REG_EXPAND_SZ

// Brings one value back to `before`, if it still is what we left. Another value is somebody else's:
// it is left, and reported in `result`.
void restore_value(machine::Machine& machine, std::string_view key, const std::string& name,
                   const std::optional<machine::RegistryValue>& before,
                   const std::optional<machine::RegistryValue>& left, UndoResult& result);

}  // namespace actions::registry
