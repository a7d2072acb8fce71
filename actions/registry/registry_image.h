#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/fields.h"
#include "actions/machine/machine.h"
#include "actions/machine/registry.h"

namespace actions {

// A value of the registry in a before- or after-image, raw and with its type; null where there is
// none.
Json value_image(const std::optional<machine::RegistryValue>& value);
std::optional<machine::RegistryValue> read_value(const Fields& fields, const char* key);
// The object itself: {"type": 1, "data": "..."}.
machine::RegistryValue read_value(const Fields& image);

bool is_text(const machine::RegistryValue& value);  // REG_SZ or REG_EXPAND_SZ

// Brings one value back, by value: to `before`, if it still is what we left; another one is
// somebody else's: left, and reported in `result`.
void restore_value(machine::Machine& machine, std::string_view key, const std::string& name,
                   const std::optional<machine::RegistryValue>& before,
                   const std::optional<machine::RegistryValue>& left, UndoResult& result);

}  // namespace actions
