#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace text {

// A name for a message: file names and manifests come from outside and may hold any bytes, a
// message is one line of UTF-8. Bytes other than printable ASCII become '?'; what is longer than
// `max` ends in "...".
std::string printable(std::string_view name, std::size_t max = 260);

}  // namespace text
