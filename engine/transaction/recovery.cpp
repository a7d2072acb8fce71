#include "engine/transaction/recovery.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "engine/transaction/stored_transaction.h"
#include "engine/transaction/undo.h"
#include "text/printable.h"

namespace engine::transaction {
namespace {

using errors::ExitCode;
using errors::Failure;
using journal::Commit;
using journal::TransactionState;

// clang-format off
constexpr auto kRecoveryTable = std::to_array<RecoveryRow>({
  // state            command      delete armed  other boot  decision
  {"open",           "uninstall",  true,         false,      RecoveryDecision::kComplete},
  {"open",           "setup uninstall", true,    false,      RecoveryDecision::kComplete},
  {"reboot-needed",  "",           false,        false,      RecoveryDecision::kWaitForBoot},
  {"",               "",           false,        false,      RecoveryDecision::kUndo},
});
// clang-format on

// Returns the operation's transactions that still have an effect, newest first.
std::vector<journal::Transaction> in_effect(Session& session, std::int64_t operation_id) {
  std::vector<journal::Transaction> transactions;
  if (operation_id != 0) transactions = session.journal()->transactions_of(operation_id);
  std::erase_if(transactions, [](const journal::Transaction& transaction) {
    return transaction.state == TransactionState::kUndone ||
           transaction.state == TransactionState::kRefused;
  });
  return transactions;
}

// Returns true and says why in `recovery` if nothing may be done by this transaction's rows.
bool is_refused(StoredTransaction& stored, Recovery& recovery) {
  const auto refusal = stored.rebuild();
  if (!refusal) return false;
  if (!refusal->damage.empty()) {
    recovery.damage = "has a damaged row (" + refusal->damage + ")";
    recovery.blocked = Failure(ExitCode::kJournalUnusable, stored.name(),
                               "recover " + stored.name() + ", whose rows are damaged")
                           .advise("The next command sets the journal aside.");
    return true;
  }
  recovery.blocked = Failure(ExitCode::kJournalTooNew, refusal->unknown,
                             "recover " + stored.name() + ": it has an action of a newer version");
  return true;
}

// Returns true and says so in `recovery` if a fact about the installation is not what was written.
bool is_damaged_fact(const journal::Journal& journal, Recovery& recovery) {
  std::vector<std::string> damaged;
  for (const journal::Owned& owned : journal.owned()) {
    if (!owned.damage.empty()) damaged.push_back(owned.name);
  }
  std::ranges::copy(journal.damaged_meta(), std::back_inserter(damaged));
  if (damaged.empty()) return false;
  const std::string name = text::printable(damaged.front());
  recovery.damage = "has a damaged row (" + name + " is not what was written)";
  recovery.blocked = Failure(ExitCode::kJournalUnusable, name,
                             "read what is ours: the row is not what was written")
                         .advise("The next command sets the journal aside.");
  return true;
}

// Returns true and says so in `recovery` if the journal is older than the machine.
bool is_outdated(const StoredTransaction& stored, Recovery& recovery) {
  if (!stored.is_superseded()) return false;
  recovery.is_outdated = true;
  recovery.damage = "is older than the machine: what " + stored.name() +
                    " put in place is not there any more, nor what it replaced";
  recovery.blocked = Failure(ExitCode::kJournalUnusable, stored.name(),
                             "undo " + stored.name() + ", since the machine went on without it")
                         .advise("The next command sets the journal aside.");
  return true;
}

// The operation's transactions that still have an effect, newest first; rebuilt. nullopt: nothing
// may be done by the rows of one of them, and `recovery` says why. Looks at all of them before any
// is undone.
std::optional<std::vector<StoredTransaction>> rebuilt(Recovery& recovery, machine::Machine& machine,
                                                      Session& session, std::int64_t operation_id,
                                                      machine::Deadline deadline,
                                                      std::int64_t except) {
  std::vector<StoredTransaction> all;
  for (journal::Transaction& transaction : in_effect(session, operation_id)) {
    if (transaction.id == except) continue;
    StoredTransaction& stored =
        all.emplace_back(machine, session, deadline, std::move(transaction));
    if (is_refused(stored, recovery) || is_outdated(stored, recovery)) return std::nullopt;
  }
  return all;
}

void undo_operation_into(Recovery& recovery, machine::Machine& machine, Session& session,
                         std::int64_t operation_id, machine::Deadline deadline,
                         const OperationUndo& how) {
  auto transactions = rebuilt(recovery, machine, session, operation_id, deadline, how.except);
  if (!transactions) return;
  const Failure cause = Failure::from_json(session.journal()->operation(operation_id).cause);
  for (StoredTransaction& stored : *transactions) {
    const bool last = &stored == &transactions->back();
    stored.undo(
        cause,
        {.recovered = false, .closes_operation = last && how.except == 0, .running = how.running},
        recovery);
    if (recovery.blocked) return;
  }
  if (transactions->empty() && how.except == 0) {
    session.commit([&](Commit& commit) {
      commit.end_operation(operation_id, journal::OperationState::kUndone);
    });
  }
}

// Returns true and says so in `recovery` if the machine went on without the `others` of the
// operation. A row of theirs that is damaged is no matter yet: nothing is done by it.
bool is_operation_outdated(Recovery& recovery, machine::Machine& machine, Session& session,
                           const std::vector<journal::Transaction>& others,
                           machine::Deadline deadline) {
  for (const journal::Transaction& transaction : others) {
    StoredTransaction stored(machine, session, deadline, transaction);
    if (!stored.rebuild() && is_outdated(stored, recovery)) return true;
  }
  return false;
}

}  // namespace

std::span<const RecoveryRow> recovery_table() { return kRecoveryTable; }

RecoveryDecision decide_recovery(std::optional<TransactionState> state, std::string_view command,
                                 bool delete_armed, bool other_boot) {
  const std::string_view text = state ? journal::to_text(*state) : std::string_view();
  const auto* row =
      std::find_if(kRecoveryTable.begin(), kRecoveryTable.end(), [&](const RecoveryRow& r) {
        const bool waits = r.decision == RecoveryDecision::kWaitForBoot;
        return (r.state.empty() || r.state == text) &&
               (r.command.empty() || r.command == command) && (!r.delete_armed || delete_armed) &&
               (!waits || r.other_boot == other_boot);
      });
  return row->decision;  // the last row fits everything
}

Recovery undo_operation(machine::Machine& machine, Session& session, std::int64_t operation_id,
                        machine::Deadline deadline, const OperationUndo& how) {
  Recovery recovery;
  undo_operation_into(recovery, machine, session, operation_id, deadline, how);
  return recovery;
}

Recovery recover(machine::Machine& machine, Session& session, machine::Deadline deadline) {
  Recovery recovery;
  if (is_damaged_fact(*session.journal(), recovery)) return recovery;
  for (journal::Transaction& transaction : session.journal()->unfinished()) {
    std::vector<journal::Transaction> others = in_effect(session, transaction.operation_id);
    std::erase_if(others, [&](const auto& other) { return other.id == transaction.id; });
    StoredTransaction stored(machine, session, deadline, std::move(transaction));
    if (is_refused(stored, recovery) || is_outdated(stored, recovery) ||
        is_operation_outdated(recovery, machine, session, others, deadline))
      return recovery;
    std::optional<Failure> cause;
    switch (stored.decision()) {
      case RecoveryDecision::kWaitForBoot:
        if (stored.may_wait_no_longer()) break;  // looked at again by each command
        stored.wait_for_boot(recovery);
        recovery.notes.push_back("The VM must be restarted to finish " + stored.name() + ".");
        continue;
      case RecoveryDecision::kComplete:
        cause = stored.complete(recovery);
        if (!cause) continue;
        break;
      case RecoveryDecision::kUndo:
        break;
    }
    // A death is not a failing command: earlier commits of its operation stay, and the next command
    // goes on with the operation.
    stored.undo(cause, {.closes_operation = others.empty()}, recovery);
    if (recovery.blocked) return recovery;
  }
  const auto operation = session.journal()->open_operation();
  if (operation && operation->state == journal::OperationState::kUndoing)
    undo_operation_into(recovery, machine, session, operation->id, deadline, {});
  return recovery;
}

}  // namespace engine::transaction
