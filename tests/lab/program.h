#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

// A program to be run to its end: without a shell, in a session of its own, nothing on stdin.
struct Program {
  std::vector<std::string> words;                // its path and its arguments
  std::filesystem::path folder = "/";            // that it works in
  std::filesystem::path scratch;                 // a folder for files with its output
  std::map<std::string, std::string> variables;  // beside the caller's own, but for
  std::vector<std::string_view> hidden;          // those that begin with one of these
  std::optional<std::chrono::seconds> limit;  // after which it is killed with its group (SIGKILL)
  std::function<void()> on_stop;  // told that it has stopped itself, for which it is killed too
};

struct ProgramEnd {
  int code = 0;    // as a shell has it: 126 no such folder, 127 no such program, 128 + signal
  int signal = 0;  // that ended it, or 0
  std::string out;
  std::string err;
};

// Output goes to files, never to pipes: what the program has started and left would keep them open.
// Throws std::system_error when no process can be made.
ProgramEnd run_program(const Program& program);

}  // namespace lab
