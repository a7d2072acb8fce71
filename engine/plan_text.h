#pragma once

#include <string>

#include "actions/machine/machine.h"
#include "engine/run.h"
#include "json/json.h"

namespace engine {

// `plan COMMAND`: what the command would do now, and how each step is undone. Takes no lock,
// recovers nothing, writes nothing. Throws what the command would refuse with.
struct PlanText {
  std::string text;
  nlohmann::json json;
};
PlanText show_plan(machine::Machine& machine, const Request& request);

}  // namespace engine
