#pragma once

#include <span>
#include <string>

namespace text {

// Returns two lower-case hex digits for each byte.
std::string to_hex(std::span<const unsigned char> bytes);

}  // namespace text
