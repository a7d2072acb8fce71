#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/transaction/session.h"
#include "engine/transaction/undo.h"
#include "errors/failure.h"

namespace engine::transaction {

// What recovery does with a transaction that a dead process left, by its stored state. The first
// row of the table that fits decides; a transaction in an unknown state is undone.
enum class RecoveryDecision { kUndo, kComplete, kWaitForBoot };
struct RecoveryRow {
  std::string_view state;     // as the journal holds it; "" for every state, also an unknown one
  std::string_view command;   // "" for every command
  bool delete_armed = false;  // counts for an uninstall only: its first deleting step was armed
  bool other_boot = false;    // counts for kWaitForBoot only: the machine was booted since
  RecoveryDecision decision = RecoveryDecision::kUndo;
};
std::span<const RecoveryRow> recovery_table();
RecoveryDecision decide_recovery(std::optional<journal::TransactionState> state,
                                 std::string_view command, bool delete_armed, bool other_boot);

// Attempts without progress after which a transaction is inconsistent. Running out of time does not
// count.
inline constexpr std::int64_t kMaxAttempts = 5;

struct Recovery {
  // A sentence for each transaction that was recovered, and for what it left.
  std::vector<std::string> notes;
  std::int64_t recovered = 0;  // transactions that this call ended
  std::int64_t undone_steps = 0;
  bool reboot_needed = false;  // a transaction waits for the next boot
  // What keeps them waiting: "service NetEbpfExt is stop-pending".
  std::vector<std::string> waits_for;
  // Why no command may begin: an undo that failed (its own code), kOutOfTime, kInconsistent,
  // kJournalTooNew (an action of a newer program), kJournalUnusable (with `damage`).
  std::optional<errors::Failure> blocked;
  // Why the journal is to be set aside and the machine taken over by looking at it: "has a damaged
  // row (…)", "is older than the machine: …". Nothing was done by its rows. "": no reason.
  std::string damage;
  bool is_outdated = false;             // with `damage`: what the journal holds is of another time
  std::optional<errors::Failure> left;  // as UndoReport::left
};

// Undoes an operation that is `undoing` in the journal: its transactions, newest first; then closes
// it. Throws Failure only for the journal's own troubles.
struct OperationUndo {
  // A transaction whose own process undoes and closes it, and then closes the operation; 0: none.
  std::int64_t except = 0;
  RunningStates running = RunningStates::kGiveBack;
};
Recovery undo_operation(machine::Machine& machine, Session& session, std::int64_t operation_id,
                        machine::Deadline deadline, const OperationUndo& how = {});

// Finishes the transactions that dead processes left, newest first. Runs under the lock, at the
// start of every command but reset. Probes the machine and never trusts a "done"; trusts records of
// undone steps only within the boot that wrote them. Commits each attempt before making it. Throws
// Failure only for the journal's own troubles.
Recovery recover(machine::Machine& machine, Session& session, machine::Deadline deadline);

}  // namespace engine::transaction
