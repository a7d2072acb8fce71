#pragma once

#include "actions/machine/machine.h"
#include "engine/handler/run.h"
#include "engine/planning/plan_text.h"

namespace engine::handler {

// `plan COMMAND`: shows what the command would do now, and how each step is undone. Takes no lock,
// recovers nothing, writes nothing. Throws the refusal that the command would throw.
planning::PlanText show_plan(machine::Machine& machine, const Request& request);

}  // namespace engine::handler
