#pragma once

#include "actions/machine/processes.h"

namespace machine::windows::interfaces {

// CreateProcess into a job. Windows ends all processes of the job when its last handle is closed:
// at the end of the call, however it ends, also with this process. The child inherits nothing but
// NUL as its input, output and error.
class WindowsProcesses final : public Processes {
 public:
  std::uint32_t run(std::string_view path, std::span<const std::string> arguments,
                    std::int64_t deadline_ms) override;
};

// Returns a command line that CommandLineToArgvW and the C runtime parse into these words ("Parsing
// C command-line arguments").
std::string command_line(std::string_view program, std::span<const std::string> arguments);

}  // namespace machine::windows::interfaces
