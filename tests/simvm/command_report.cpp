#include "tests/simvm/command_report.h"

#include <iostream>
#include <sstream>

namespace simvm {

std::string outcome(const CommandEnd& end, const std::string& kill_call, std::int64_t limit_s) {
  switch (end.kind) {
    case CommandEnd::Kind::kExited:
      return end.number == 0 ? "ok" : "failed, exit code " + std::to_string(end.number);
    case CommandEnd::Kind::kSignalled:
      return "failed, signal " + std::to_string(end.number);
    case CommandEnd::Kind::kKilledAtCall:
      return "killed at " + kill_call;
    case CommandEnd::Kind::kKilledAtLimit:
      return "killed at the time limit of " + std::to_string(limit_s) + " s";
  }
  return "unknown";
}

void print(const std::string& line, const std::string& output) {
  std::cout << line << '\n';
  std::istringstream in(output);
  for (std::string printed; std::getline(in, printed);)
    std::cout << "    " << printed << '\n';
  std::cout.flush();
}

}  // namespace simvm
