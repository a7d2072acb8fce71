#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace simvm {

// What the scheduler of the simulated VM understands of a task's XML: the first program that it
// runs, and two kinds of triggers. Everything else of it is ignored.
struct TaskPlan {
  bool at_boot = false;
  std::optional<std::int64_t> every_ms;  // the repetition of its time trigger
  std::string command;                   // as written: quotes and %variables% and all
  std::vector<std::string> arguments;
};

TaskPlan read_task(std::string_view xml);

}  // namespace simvm
