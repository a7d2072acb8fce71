#pragma once

#include <string>

namespace windows_tests {

// Gives Everybody full access to a folder. Throws std::runtime_error.
void let_everybody_write(const std::string& folder);

// A file's or folder's access list, in SDDL. Throws std::runtime_error.
std::wstring access_list(const std::string& path);

}  // namespace windows_tests
