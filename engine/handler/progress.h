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

namespace engine::handler {

// What every stage of a command works with.
struct Context {
  machine::Machine& machine;
  const Request& request;
  const commands::CommandRow& row;
  transaction::Budget budget;
  reports::Answer& answer;

  std::string name() const { return std::string(row.name); }
};

// How far a command has come: what its stages have found out, in their order. Each member is
// written by one stage.
struct Progress {
  std::optional<reports::Reports> reports;  // once the VM Agent's folders are known
  std::optional<std::int64_t> sequence_number;
  bool session_begun = false;  // it was tried
  std::unique_ptr<transaction::Session> session;
  std::optional<transaction::Recovery> recovery;  // or the undo of an update that was in the way
  product::InstallationState installation;
  std::optional<planning::OwnPackage> own;
  std::optional<Detected> detected;
  std::optional<commands::Decision> decision;
  std::string payload_version;  // of the package, then of the plan; "": none is known

  // What the journal knows of the installation, as far as it has been read.
  const product::InstallationState& state() const {
    return detected ? detected->installation : installation;
  }
  bool has_journal() const { return session && session->journal() != nullptr; }
  bool joins() const { return decision && commands::joins_update(*decision); }
  // What its rows and reports name: "" where nothing is known.
  std::string version() const {
    return payload_version.empty() ? state().settled_version : payload_version;
  }
};

// How a command ended, as far as its answer does not say so.
struct Ended {
  std::int64_t transaction_id = 0;  // 0: none
  // Refused, and yet what was there is not as it was: an update has been undone, or is to be.
  std::optional<journal::TransactionState> update;
  std::optional<errors::Failure> unrecorded;  // a failure that no row of the journal holds
  bool settled = false;  // nothing is open, and what there is is as the journal says
};

// What the journal keeps of the command beside its steps.
transaction::Attempt attempt_of(const Context& at, const Progress& progress);

}  // namespace engine::handler
