#pragma once

#include <string>
#include <string_view>

namespace machine::windows {

// Converts between the project's UTF-8 and Windows' UTF-16. Lossless both ways: a surrogate without
// its other half, which Windows allows in names and values, is kept as three bytes (WTF-8); writing
// such text as JSON fails. A byte that is no UTF-8 becomes U+FFFD.
std::wstring wide(std::string_view utf8);
std::string utf8(std::wstring_view wide);

}  // namespace machine::windows
