#pragma once

#include <string>
#include <string_view>

#include "actions/machine/simulated/state.h"

namespace machine::simulated {

// Changes the registry in a VM's state. Each change keeps the durable form of its object, for a
// power cut.
const RegistryEntry* find_value(const MachineState& state, std::string_view key,
                                std::string_view value);
void set_value(MachineState& state, std::string_view key, std::string_view value,
               const RegistryValue& data);
// Returns false if there was no such value.
bool erase_value(MachineState& state, std::string_view key, std::string_view value);
// Erases the key with its values, not its subkeys. Returns false if there was no such key.
bool erase_key(MachineState& state, std::string_view key);
// Erases the key and its subkeys, if it exists.
void erase_tree(MachineState& state, std::string_view key);

// Both names are folded. A key is within itself.
bool is_key_within(std::string_view key, std::string_view top);

}  // namespace machine::simulated
