#pragma once

#include "engine/handler/progress.h"
#include "engine/planning/command_plan.h"
#include "engine/transaction/execute.h"
#include "engine/transaction/outcome.h"
#include "engine/transaction/plan.h"

namespace engine::handler {

// Plans the command for its decision and carries the plan out. Throws what refuses the command.
Ended execute(const Context& at, Progress& progress);

// Carries out a plan within the command's time; `expects`: what has to be true after it.
transaction::Outcome carry_out_plan(const Context& at, const Progress& progress,
                                    const transaction::Plan& plan,
                                    const transaction::Attempt& attempt,
                                    const planning::Expectation& expects = {});

// Says how a transaction of the command ended.
Ended end_of(const Context& at, Progress& progress, const transaction::Outcome& outcome);

}  // namespace engine::handler
