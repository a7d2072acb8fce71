#pragma once

#include <string>

namespace text {

// Ends a phrase or sentence with one full stop.
std::string sentence(std::string text);

}  // namespace text
