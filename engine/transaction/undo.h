#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actions/action.h"
#include "engine/product/meta.h"
#include "engine/transaction/live_step.h"
#include "engine/transaction/session.h"
#include "errors/failure.h"
#include "journal/records.h"

namespace engine::transaction {

// Whether an undo starts and stops services.
//   kGiveBack  it does both.
//   kLeave     it does neither: on a cloned image only files and configuration may be undone, and a
//              removal that follows would stop the services again.
//   kBooted    it starts services and stops none: a boot has ended the processes that the
//              transaction started, and what runs now runs the files that were given back before.
enum class RunningStates { kGiveBack, kLeave, kBooted };

// How an undo ended. Pessimistic: kFailed until every step is known to be undone and the machine is
// flushed.
struct UndoReport {
  enum class End { kBefore, kFailed, kRebootNeeded, kOutOfTime };
  End end = End::kFailed;
  std::optional<errors::Failure> failure;  // the first failure of a step's undo
  // Files that somebody changed meanwhile and the undo left: the machine is not as it was before.
  std::optional<errors::Failure> left;
  // Each step that failed was in somebody's use, or waits for such a step. No reason to give up.
  bool only_in_use = true;
  // Foreign objects that were left, what happens at the next boot, a lost journal.
  std::vector<std::string> notes;
  // Services of others that ran and do not start again. With kBefore all the rest is as before.
  std::vector<product::Stopped> not_started;
  std::int64_t undone = 0;  // steps undone by this call
  bool progress = false;    // a step was undone for the first time
};

// Undoes the steps that were armed, newest first, and flushes the machine. Records each undone step
// before it undoes the next. If a step's undo fails, older steps are undone all the same: as much
// of the machine as possible is given back, and recovery tries the failed steps again. While files
// are not back, no service is started and no start type given back, so that no boot runs a mixed
// pair. At the end it checks the services that it has started, and starts those again that have
// ended since.
// A service of others that does not start is named, and is no failure, unless the undo of one of
// ours failed: recovery then tries both again.
// A service that does not start since somebody took away or disabled one on which it depends is
// left and named as that one is: no further try would start it.
// If the journal cannot be written, undo goes on from memory: recovery repeats it harmlessly. Never
// throws.
UndoReport undo_steps(machine::Machine& machine, Session& session, std::int64_t transaction_id,
                      std::vector<LiveStep>& steps, machine::Deadline deadline,
                      RunningStates running = RunningStates::kGiveBack);

// Writes the commit that closes an undo: kUndone or kRebootNeeded for the transaction and, if
// `operation_id` is set, its operation; with kUndone records what does not start again
// (meta::kNotStarted). After kFailed and kOutOfTime both stay as they are, for the
// next recovery. Returns the state that results. Never throws.
struct UndoClosing {
  std::int64_t transaction_id = 0;
  std::int64_t operation_id = 0;  // 0: the operation stays open or `undoing`
  // With `operation_id`: forget which services disable stopped, since they run again.
  bool forget_stopped = false;
  bool recovered = false;
  int code = 0;          // the command's exit code
  actions::Json cause;   // null: keeps the recorded one
  actions::Json result;  // null: none
};
journal::TransactionState close_undo(Session& session, UndoReport& report,
                                     const UndoClosing& closing);

// Writes one commit if there is a journal. If the commit fails, opens the journal again and tries
// once more; each failure is noted. Never throws: for undo only, since recovery repeats a lost
// record harmlessly.
void record_if_possible(Session& session, std::vector<std::string>& notes,
                        const std::function<void(journal::Commit&)>& write);

// Opens the journal again after a failed commit. Returns false if that fails, and adds the reason
// to `notes`. Never throws.
bool reopen_journal(Session& session, std::vector<std::string>& notes);

}  // namespace engine::transaction
