#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace simvm {

// How a command ended.
struct CommandEnd {
  enum class Kind { kExited, kSignalled, kKilledAtCall, kKilledAtLimit };
  Kind kind = Kind::kExited;
  int number = 0;  // whole exit code (from the handler's own file, where a Linux exit status is a
                   // byte), or the signal
  std::string output;  // stdout, then stderr

  bool succeeded() const { return kind == Kind::kExited && number == 0; }
};

struct HandlerCommand {
  std::vector<std::string> words;  // program and arguments
  std::string folder;              // working folder
  std::map<std::string, std::string> environment;
  std::string scratch;  // a folder for the captured output and the exit code's file
  std::string vm;
  std::int64_t deadline_ms = 0;  // on the VM's clock
};

// Runs a command as the VM Agent does: without a shell, in a session of its own, nothing on stdin.
// A process that stops itself (at an armed call, or at its limit on the VM's clock) is killed with
// SIGKILL from here, with its group.
CommandEnd run_command(const HandlerCommand& command);

}  // namespace simvm
