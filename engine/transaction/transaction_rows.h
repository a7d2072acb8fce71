#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/product/installation_change.h"
#include "engine/transaction/execute.h"
#include "engine/transaction/listener.h"
#include "engine/transaction/live_step.h"
#include "engine/transaction/plan.h"
#include "engine/transaction/session.h"
#include "journal/records.h"

namespace engine::transaction {

// Returns the row of a transaction as it begins: its caller, machine and boot. It is part of no
// operation yet.
journal::Transaction transaction_row(machine::Machine& machine, const Attempt& attempt);

// Writes a step that is kDone, kFailed or kUndoFailed.
void write_ended(journal::Commit& commit, std::int64_t transaction_id, const LiveStep& step);

void write_change(journal::Commit& commit, const product::InstallationChange& change);

// What the commit that ends a transaction writes.
struct Result {
  product::InstallationChange change;
  Judgement judgement;
  actions::Json components;  // for the reports
};

// Writes a transaction's rows on its way forward; each function adds to one commit. undo.h writes
// the rows of its undo. `plan` and `attempt` must outlive this object.
class TransactionRows {
 public:
  TransactionRows(machine::Machine& machine, Session& session, const Plan& plan,
                  const Attempt& attempt);

  std::int64_t transaction_id() const { return transaction_id_; }
  std::int64_t operation_id() const { return operation_id_; }  // 0: none
  std::string step_of(std::int64_t position) const;            // "step 3 of 7"

  // Writes the operation, unless one is joined or the transaction waits for the boot; the
  // transaction; all its steps.
  void begin(journal::Commit& commit);
  void armed(journal::Commit& commit, const LiveStep& step);
  // Writes a step that is kDone, kFailed or kUndoFailed.
  void ended(journal::Commit& commit, const LiveStep& step);
  // Writes the end of the transaction, and of the operation if it settles.
  void end(journal::Commit& commit, const Result& result);

 private:
  void keep_package_folder(journal::Commit& commit);

  machine::Machine& machine_;
  Session& session_;
  const Plan& plan_;
  const Attempt& attempt_;
  std::string command_;
  std::int64_t transaction_id_ = 0;
  std::int64_t operation_id_ = 0;
};

}  // namespace engine::transaction
