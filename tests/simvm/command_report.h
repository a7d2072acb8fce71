#pragma once

#include <cstdint>
#include <string>

#include "tests/simvm/handler_process.h"

namespace simvm {

// "ok", "failed, exit code 1005", "killed at the time limit of 300 s".
std::string outcome(const CommandEnd& end, const std::string& kill_call, std::int64_t limit_s);

// The line, and what the command printed, indented.
void print(const std::string& line, const std::string& output);

}  // namespace simvm
