#pragma once

#include "engine/handler/progress.h"
#include "engine/transaction/undo.h"

namespace engine::handler {

// The stages of a command up to its decision, in their order. Each adds its results to `progress`,
// and throws Failure if the command cannot go on.

// Reads what the VM Agent gives: HandlerEnvironment.json with its folders, the sequence number.
void read_call(const Context& at, Progress& progress);

// The same for `setup`, which has no VM Agent: the log's folder. Throws kUsage where that cannot be
// written, and for a process that may not change the machine.
void read_setup_call(const Context& at, Progress& progress);

// Locks and opens the journal, and finishes what earlier commands left, as far as that is possible.
// Throws the failure that blocks the recovery.
void open_and_recover(const Context& at, Progress& progress);

// Reads the caller's package and the facts, and decides how the command relates to the open update.
// Undoes an update that is in the way first. If that undo waits for the next boot, sets
// progress.recovery->reboot_needed and makes no decision.
void detect_and_decide(const Context& at, Progress& progress);

// Reads the facts into progress.detected. A package that could not be read counts as none.
void detect(const Context& at, Progress& progress);

// Undoes an open update that the caller does not go on with. Throws the failure that blocks the
// undo. kLeave: the undo starts nothing; the record of what was stopped stays for a later command.
void give_up(const Context& at, Progress& progress, const journal::Operation& update,
             transaction::RunningStates running);

}  // namespace engine::handler
