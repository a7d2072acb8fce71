#pragma once

#include <string>
#include <string_view>

#include "actions/machine/simulated/state.h"

namespace machine::simulated {

// Changes of the registry in a VM's state. Each remembers the durable form of what it changes, for
// a power cut.
const RegistryEntry* find_value(const MachineState& state, std::string_view key,
                                std::string_view value);
void set_value(MachineState& state, std::string_view key, std::string_view value,
               const RegistryValue& data);
// False: there was none.
bool erase_value(MachineState& state, std::string_view key, std::string_view value);
// The key with its values, not those below it. False: there was none.
bool erase_key(MachineState& state, std::string_view key);
// The key and all below it, where there is one.
void erase_tree(MachineState& state, std::string_view key);

// Both folded. A key is within itself.
bool is_key_within(std::string_view key, std::string_view top);

}  // namespace machine::simulated
