#pragma once

#include <span>
#include <string>

namespace text {

// "a, b, c"; "" for an empty list.
std::string joined(std::span<const std::string> names);

}  // namespace text
