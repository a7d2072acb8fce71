#pragma once

#include <cstddef>
#include <string>

namespace text {

// `text`, a UTF-8 text, where it has at most `limit` bytes. Else its beginning, at most `limit`
// bytes that end between characters, and "..." behind it.
std::string bounded(std::string text, std::size_t limit);

}  // namespace text
