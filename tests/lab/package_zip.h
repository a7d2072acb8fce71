#pragma once

#include <string>

namespace lab {

// Returns the ZIP of that payload of the build with this program as its handler, version
// "<payload>.1". Made by the first test that needs it, and again when one of the two has changed.
std::string package_zip(const std::string& payload, const std::string& handler);

}  // namespace lab
