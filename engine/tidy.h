#pragma once

#include "actions/machine/machine.h"
#include "engine/answer.h"
#include "engine/store.h"

namespace engine {

// What a command clears up at its end: work folders of ended transactions, rows of the journal that
// are too old, its WAL; where an operation has `settled`, also the recovery copy and its task. What
// cannot be done is a note. `store` has a journal.
void tidy(machine::Machine& machine, Store& store, bool settled, Answer& answer);

}  // namespace engine
