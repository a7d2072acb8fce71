#pragma once

#include <string>

#include "engine/known.h"
#include "engine/plan.h"
#include "engine/run.h"

namespace engine {

struct Planned {
  Plan plan;
  std::string payload_version;  // of the package, where it was read
};

// The plan of a command: which planner, with how much of the package read. Read-only. Throws what
// the command refuses with.
Planned make_plan(machine::Machine& machine, const Request& request, const Known& known,
                  const std::string& work_folder);

}  // namespace engine
