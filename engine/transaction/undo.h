#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actions/action.h"
#include "engine/transaction/live_step.h"
#include "engine/transaction/session.h"
#include "errors/failure.h"
#include "journal/records.h"

namespace engine::transaction {

// Whether an undo starts and stops services. kLeave: on a cloned image, where files and
// configuration may be undone, running states may not; and before a removal, which would stop them
// again. kBooted: the boot that the undo waited for has ended what was started, and has started
// what starts by itself over what was given back before: nothing is stopped any more.
enum class RunningStates { kGiveBack, kLeave, kBooted };

// What an undo came to. Pessimistic: kFailed until every step is known to be undone and the machine
// is flushed.
struct UndoReport {
  enum class End { kBefore, kFailed, kRebootNeeded, kOutOfTime };
  End end = End::kFailed;
  std::optional<errors::Failure> failure;  // the first that an undo met
  std::vector<std::string>
      notes;  // foreign objects that were left, what happens at the next boot, a lost journal
  std::int64_t undone = 0;  // steps undone by this call
  bool progress = false;    // one of them for the first time
};

// Undoes the steps that were armed, newest first, and flushes the machine. Each undone step is
// recorded before the next one is undone. A step whose undo fails does not keep older ones from
// being undone: as much of the machine as possible is given back, and the failed ones are tried
// again by recovery. At the end it looks once more at the services that it has started: one that
// has ended since is started again.
// If the journal cannot be written, undo goes on from memory: recovery repeats it harmlessly. Never
// throws.
UndoReport undo_steps(machine::Machine& machine, Session& session, std::int64_t transaction_id,
                      std::vector<LiveStep>& steps, machine::Deadline deadline,
                      RunningStates running = RunningStates::kGiveBack);

// The commit that closes an undo: kUndone or kRebootNeeded, for the transaction and, where nothing
// else of it is left to undo, its operation. After kFailed and kOutOfTime both stay as they are,
// for the next recovery. Returns the state that results. Never throws.
struct UndoClosing {
  std::int64_t transaction_id = 0;
  std::int64_t operation_id = 0;  // 0: the operation goes on, or on being undone
  // Where the operation is closed: what it stopped runs again, so that no record of it is wanted.
  bool forget_stopped = false;
  bool recovered = false;
  int code = 0;          // of the command; 0: the code of the cause that is recorded
  actions::Json cause;   // null: keeps the recorded one
  actions::Json result;  // null: none
};
journal::TransactionState close_undo(Session& session, UndoReport& report,
                                     const UndoClosing& closing);

// Writes one commit if there is a journal. One that fails is opened again and written once more;
// after that there is none, which is noted. Never throws: for undo only, where a lost record is
// repeated harmlessly by recovery.
void record_if_possible(Session& session, std::vector<std::string>& notes,
                        const std::function<void(journal::Commit&)>& write);

// Opens the journal again after a commit that failed. Returns whether there is one; where not, the
// reason is added to `notes`. Never throws.
bool reopen_journal(Session& session, std::vector<std::string>& notes);

}  // namespace engine::transaction
