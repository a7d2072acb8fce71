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

// What recovery does with a transaction that a dead process left, by its stored state. One table,
// of which the first row that fits decides; a state that this program does not know is undone.
enum class RecoveryDecision { kUndo, kComplete, kWaitForBoot };
struct RecoveryRow {
  std::string_view state;     // as the journal holds it; "" for every state, an unknown one too
  std::string_view command;   // "" for every command
  bool delete_armed = false;  // matters for an uninstall only: its first deleting step was armed
  bool other_boot = false;    // matters for reboot-needed only: the machine was booted since
  RecoveryDecision decision = RecoveryDecision::kUndo;
};
std::span<const RecoveryRow> recovery_table();
RecoveryDecision decide_recovery(std::optional<journal::TransactionState> state,
                                 std::string_view command, bool delete_armed, bool other_boot);

// Attempts without progress after which a transaction is inconsistent. Running out of time does not
// count.
inline constexpr std::int64_t kMaxAttempts = 5;

struct Recovery {
  std::vector<std::string>
      notes;  // a sentence for each transaction that was recovered, and what it left
  std::int64_t recovered = 0;  // transactions that ended by this call
  std::int64_t undone_steps = 0;
  bool reboot_needed = false;  // something waits for the next boot
  // Why no command may begin: an undo that failed (its own code), kOutOfTime, kInconsistent,
  // kJournalTooNew (an action of a newer program).
  std::optional<errors::Failure> blocked;
};

// Undoes an operation that is `undoing` in the journal: its transactions, newest first; then closes
// it. Throws Failure only for the journal's own troubles.
struct OperationUndo {
  std::int64_t except =
      0;  // a transaction that its own process undoes and closes, the operation too
  RunningStates running = RunningStates::kGiveBack;
};
Recovery undo_operation(machine::Machine& machine, Session& session, std::int64_t operation_id,
                        machine::Deadline deadline, const OperationUndo& how = {});

// Finishes what dead processes left, newest first. Runs under the lock, at the start of every
// command but reset. Looks at the machine and never trusts a "done"; records of undone steps are
// trusted only within the boot that wrote them. Each attempt is committed before it is made. Throws
// Failure only for the journal's own troubles.
Recovery recover(machine::Machine& machine, Session& session, machine::Deadline deadline);

}  // namespace engine::transaction
