#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace text {

// UTF-16 code units -> UTF-8. A NUL is a character like any other; a byte order mark is not looked
// for. nullopt: a surrogate without its other half. Rejected: U+FFFD in its place; version
// resources and task files with half a pair are damaged, and are not to be read as something else.
std::optional<std::string> utf8_of_utf16(std::u16string_view text);

}  // namespace text
