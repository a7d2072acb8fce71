#pragma once

#include "engine/handler/progress.h"
#include "engine/transaction/outcome.h"

namespace engine::handler {

// Plans what was decided, and carries it out. Throws what refuses before the transaction begins.
Ended execute(const Context& at, Progress& progress);

// Says how a transaction of the command ended.
Ended end_of(const Context& at, Progress& progress, const transaction::Outcome& outcome);

}  // namespace engine::handler
