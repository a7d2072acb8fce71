#pragma once

#include <cstddef>
#include <string>

namespace text {

// Breaks each line of `text` between words, so that none is longer than `width` bytes where its
// words allow that; every line but the first begins with `indent` spaces. `width` counts from the
// first column, and the first line begins at `indent` too.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent);

}  // namespace text
