#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace text {

// Converts UTF-16 code units to UTF-8. NUL and byte order mark are characters like any other.
// Returns nullopt for a surrogate without its other half. Rejected: U+FFFD in its place; version
// resources and task files with half a pair are damaged, and must not be read as something else.
std::optional<std::string> utf8_of_utf16(std::u16string_view text);

// Returns how many UTF-16 units the text has, as Windows counts the length of its values.
std::size_t utf16_length(std::string_view utf8);

}  // namespace text
