#pragma once

#include <string>
#include <string_view>

namespace machine::windows {

// Returns an absolute path as "\\?\C:\..." or "\\?\UNC\server\...", for Win32's file functions:
// without the limit of 260 characters, and no name is changed on the way (trailing dots and spaces,
// device names). '/' and doubled separators become one '\'. Microsoft: "Naming Files, Paths, and
// Namespaces". Throws 123 (ERROR_INVALID_NAME) for a path that is not absolute or goes through "."
// or "..": after "\\?\" those are names.
std::wstring device_path(std::string_view path);

// Returns the path with '\' for '/' if it is short enough for libraries that do not understand
// "\\?\"; else device_path().
std::string library_path(std::string_view path);

}  // namespace machine::windows
