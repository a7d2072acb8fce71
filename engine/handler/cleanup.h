#pragma once

#include "actions/machine/machine.h"
#include "engine/reports/answer.h"
#include "engine/transaction/session.h"

namespace engine::handler {

// What a command clears up at its end: work folders of ended transactions, rows of the journal that
// are too old, its WAL; where an operation has `settled`, also the recovery copy and its task. What
// cannot be done is a note. `store` has a journal.
void clean_up(machine::Machine& machine, transaction::Session& session, bool settled,
              reports::Answer& answer);

}  // namespace engine::handler
