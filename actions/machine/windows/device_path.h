#pragma once

#include <string>
#include <string_view>

namespace machine::windows {

// An absolute path as "\\?\C:\..." or "\\?\UNC\server\...", for Win32's file functions: no limit of
// 260 characters, and no name is changed on the way (trailing dots and spaces, device names). '/'
// and doubled separators become one '\'. Microsoft: "Naming Files, Paths, and Namespaces". Throws
// 123 (ERROR_INVALID_NAME) for a path that is not absolute or goes through "." or "..": behind
// "\\?\" those are names.
std::wstring device_path(std::string_view path);

// The path as it is, '\' for '/', while it is short enough for libraries that know nothing of
// "\\?\"; else as device_path().
std::string library_path(std::string_view path);

}  // namespace machine::windows
