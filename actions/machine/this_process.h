#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace machine {

// Calls of the operating system that the program makes before it has a machine, or beside it. Text
// is UTF-8, paths are host paths.

// The first call of main. Windows: DLLs are loaded from System32 alone, never from the program's or
// the current folder (SetDefaultDllDirectories); no system dialog waits for an answer; the console
// shows UTF-8.
void harden_process();

// main's arguments, the program's own name first. Windows: from the Unicode command line, since
// argv has the code page's characters only.
std::vector<std::string> arguments(int argc, char** argv);
// Returns nullopt if the variable is not set.
std::optional<std::string> environment_variable(const std::string& name);

std::string executable_path();
// The package's root; never the current directory.
std::string executable_folder();
std::int64_t process_id();

// Returns true if the process may change the machine. Windows: its token is elevated, as SYSTEM's
// and an administrator's behind the prompt. Elsewhere: always, since the machine is a folder.
bool is_elevated();

// Ends this process at once: nothing is unwound, no buffer is written. For fault injection.
[[noreturn]] void kill_this_process();

}  // namespace machine
