#pragma once

#include "actions/machine/machine.h"
#include "engine/reports/answer.h"
#include "engine/transaction/session.h"

namespace engine::handler {

// Cleans up at a command's end: work folders of ended transactions, old rows of the journal, its
// WAL; if an operation has `settled`, also the recovery copy and its task. A failure becomes a
// note. `session` must have a journal.
void clean_up(machine::Machine& machine, transaction::Session& session, bool settled,
              reports::Answer& answer);

}  // namespace engine::handler
