#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "actions/machine/machine.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/handler/detect.h"
#include "engine/handler/run.h"
#include "engine/planning/incoming.h"
#include "engine/product/installation_state.h"
#include "engine/reports/answer.h"
#include "engine/reports/reports.h"
#include "engine/transaction/budget.h"
#include "engine/transaction/execute.h"
#include "engine/transaction/recovery.h"
#include "engine/transaction/session.h"
#include "errors/failure.h"
#include "journal/records.h"
#include "json/json.h"

namespace engine::handler {

// The input of every stage of a command.
struct Context {
  machine::Machine& machine;
  const Request& request;
  const commands::CommandRow& row;
  transaction::Budget budget;
  reports::Answer& answer;

  std::string name() const { return std::string(row.name); }
};

// How far a command has come: the results of its stages, in their order.
struct Progress {
  std::string started_at;                   // UTC
  std::optional<reports::Reports> reports;  // set once the VM Agent's folders are known
  std::optional<std::int64_t> sequence_number;
  bool session_begun = false;  // a session was tried
  std::unique_ptr<transaction::Session> session;
  std::optional<transaction::Recovery> recovery;  // later: the undo of an update in the way
  product::InstallationState installation;
  std::optional<planning::OwnPackage> own;
  std::optional<Detected> detected;
  std::optional<commands::Decision> decision;
  std::string payload_version;  // the package's, then the plan's; "" if unknown

  // The installation state, as far as the journal has been read.
  const product::InstallationState& state() const {
    return detected ? detected->installation : installation;
  }
  bool has_journal() const { return session && session->journal() != nullptr; }
  bool joins() const { return decision && commands::joins_update(*decision); }
  // The version that rows and reports name; "" if none is known.
  std::string version() const {
    return payload_version.empty() ? state().settled_version : payload_version;
  }
};

// How a command ended, as far as its answer does not say so.
struct Ended {
  std::int64_t transaction_id = 0;  // 0: none
  // Set where a refused command undoes its update, or leaves that to the next command: the state
  // that the status shows.
  std::optional<journal::TransactionState> update;
  std::optional<errors::Failure> unrecorded;  // a failure that no row of the journal holds
  nlohmann::json components;                  // of a row that has none yet; null: none
  bool settled = false;                       // no operation is open: the recovery copy may go
};

// Returns the facts that the journal keeps of the command beside its steps.
transaction::Attempt attempt_of(const Context& at, const Progress& progress);

}  // namespace engine::handler
