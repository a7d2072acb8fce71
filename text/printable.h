#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace text {

// Makes a name fit for a message, which is one line of UTF-8: file names and manifests come from
// outside and may hold any bytes. Bytes other than printable ASCII become '?'; a name longer than
// `max` is cut and ends in "...".
std::string printable(std::string_view name, std::size_t max = 260);

}  // namespace text
