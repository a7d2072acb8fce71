#pragma once

#include <cstddef>
#include <string>

namespace text {

// Returns `text`, which is UTF-8, if it has at most `limit` bytes; else its beginning, at most
// `limit` bytes that end between characters, followed by "...".
std::string bounded(std::string text, std::size_t limit);

}  // namespace text
