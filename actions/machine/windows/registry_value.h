#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "actions/machine/registry.h"

namespace machine::windows {

// Between the bytes of the registry and the door's text. nullopt: the bytes are no value of that
// type, or the text is none.
std::optional<RegistryValue> value_from_bytes(std::uint32_t type,
                                              const std::vector<unsigned char>& bytes);
std::optional<std::vector<unsigned char>> bytes_of_value(const RegistryValue& value);

}  // namespace machine::windows
