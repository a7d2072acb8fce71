#pragma once

#include "engine/handler/progress.h"
#include "engine/transaction/undo.h"

namespace engine::handler {

// The stages of a command up to its decision, in their order. Each adds to `progress` what it finds
// out, and throws Failure where the command cannot go on.

// What the VM Agent gives: HandlerEnvironment.json with its folders, the sequence number.
void read_call(const Context& at, Progress& progress);

// The journal, under its lock; and what an earlier command left there, as far as it can be
// finished. Throws what blocks the recovery.
void open_and_recover(const Context& at, Progress& progress);

// The installation as the journal knows it, the caller's package, and what the command is to an
// open update. One that is in the way is undone first; where that waits for the next boot,
// progress.recovery says so and there is no decision.
void detect_and_decide(const Context& at, Progress& progress);

// Reads the facts into progress.detected. A package that could not be read is none.
void detect(const Context& at, Progress& progress);

// Undoes an open update that nobody goes on with. Throws what blocks the undo. kLeave: the command
// starts nothing of what it stopped, which is kept for the one that does.
void give_up(const Context& at, Progress& progress, const journal::Operation& update,
             transaction::RunningStates running);

}  // namespace engine::handler
