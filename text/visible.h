#pragma once

#include <string>
#include <string_view>

namespace text {

// Makes a text fit for a terminal, whoever wrote it: characters that a terminal obeys, that turn
// the direction of writing or that cannot be seen become "\u202e", bytes that are no UTF-8 "\x9b".
// Line feeds and tabs stay. JSON text stays JSON of the same value.
std::string visible(std::string_view text);

}  // namespace text
