#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "actions/machine/registry.h"

namespace machine::windows {

// Converts between the registry's bytes and the text of RegistryValue. Return nullopt if bytes or
// text are no value of that type.
std::optional<RegistryValue> value_from_bytes(std::uint32_t type,
                                              const std::vector<unsigned char>& bytes);
std::optional<std::vector<unsigned char>> bytes_of_value(const RegistryValue& value);

}  // namespace machine::windows
