#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace machine {

// What the program needs of the operating system before it has a machine, or beside it. Text is
// UTF-8, paths are host paths.

// The first call of main. Windows: DLLs are loaded from System32 alone, never from the program's or
// the current folder (SetDefaultDllDirectories); no dialog of the system waits for an answer; the
// console shows UTF-8.
void harden_process();

// main's arguments, the program's own name first. Windows: from the Unicode command line, since
// argv has the code page's characters only.
std::vector<std::string> arguments(int argc, char** argv);
// nullopt: not set.
std::optional<std::string> environment_variable(const std::string& name);

std::string executable_path();
// The package's root. Never the current directory.
std::string executable_folder();
std::int64_t process_id();

// Ends at this instruction: nothing is unwound, no buffer is written. For fault injection.
[[noreturn]] void kill_this_process();

}  // namespace machine
