#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace machine {

// Windows paths as text: no call to the system, so that they work on any OS. UTF-8; '\' separates,
// '/' is accepted on input.

std::string join(std::string_view folder, std::string_view name);
std::string parent(std::string_view path);                 // "C:\a" -> "C:\"; "C:\" -> ""
std::string file_name(std::string_view path);              // "C:\a\b.sys" -> "b.sys"
std::string drive(std::string_view path);                  // "c:\a" -> "C:"; "" if there is none
bool equal_paths(std::string_view a, std::string_view b);  // without case (ASCII), '/' as '\'
// Returns true for the folder itself, too; false for every path with "..".
bool is_within(std::string_view path, std::string_view folder);
// Names of services, tasks, accounts, registry keys and files: without case (ASCII).
bool equal_names(std::string_view a, std::string_view b);
// ASCII lower case: the key for maps of paths and names.
std::string fold_case(std::string_view text);

// Turns a service's ImagePath into an absolute Win32 path, in any of Windows' forms:
// "\??\C:\x.sys", "\SystemRoot\x.sys", "system32\drivers\x.sys", quoted, with arguments, with
// %SystemRoot% / %ProgramFiles%; plain. `system_root` e.g. "C:\Windows".
std::string image_file(std::string_view image, std::string_view system_root,
                       std::string_view program_files);

// Returns why a package's relative path is unsafe on Windows, or "" if it is safe: not empty, no
// drive, no leading separator, no "..", ".", empty or reserved component (CON, NUL, COM1 ..., also
// with an extension), no trailing dot or space, none of <>:"|?* or control characters, at most 200
// bytes.
std::string why_unsafe_relative(std::string_view path);

// The same for the name of one file or folder: no separator, at most 255 bytes (what NTFS holds).
std::string why_unsafe_name(std::string_view name);

}  // namespace machine
