#include "engine/transaction/refusal.h"

#include "engine/transaction/listener.h"
#include "engine/transaction/transaction_rows.h"

namespace engine::transaction {

using journal::Commit;
using journal::Level;
using journal::TransactionState;

std::int64_t record_refusal(machine::Machine& machine, Session& session, const Attempt& attempt,
                            const errors::Failure& cause, const std::string& settled_version,
                            Listener& listener) {
  std::int64_t id = 0;
  journal::Transaction transaction = transaction_row(machine, attempt);
  const actions::Json result = listener.component_status({}, cause, {});
  session.commit([&](Commit& commit) {
    journal::Operation operation;
    operation.kind = transaction.command;
    operation.from_version = settled_version;
    operation.to_version = settled_version;
    // An operation whose undo is stuck leaves no room for another: the refusal belongs to none.
    const bool stuck = attempt.joins == 0 && session.journal()->open_operation().has_value();
    transaction.operation_id = attempt.joins;
    if (attempt.joins == 0 && !stuck) transaction.operation_id = commit.open_operation(operation);
    id = commit.begin_transaction(transaction);
    Commit::End end;
    end.state = TransactionState::kRefused;
    end.code = static_cast<int>(cause.code());
    end.cause = cause.to_json();
    end.result = result;
    commit.event(id, Level::kError, transaction.command + " refused: " + cause.message());
    commit.end_transaction(id, end);
    if (attempt.joins != 0) {
      commit.begin_operation_undo(attempt.joins, cause.to_json(), transaction.command);
    } else if (!stuck) {
      commit.end_operation(transaction.operation_id, journal::OperationState::kUndone);
    }
  });
  return id;
}

}  // namespace engine::transaction
