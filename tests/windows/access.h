#pragma once

#include <string>

namespace windows_tests {

// Gives Everybody full access to a folder. Throws std::runtime_error.
void let_everybody_write(const std::string& folder);

}  // namespace windows_tests
