#include "engine/open_update.h"

#include <algorithm>

#include "actions/fields.h"
#include "actions/machine/paths.h"
#include "engine/inventory.h"
#include "engine/predecessor.h"
#include "engine/tracing_tasks.h"
#include "journal/reader.h"
#include "package/version.h"

namespace engine {

using errors::ExitCode;
using errors::Failure;
using journal::Operation;
using journal::OperationState;
using journal::Transaction;
using journal::TransactionState;

namespace {

// Commands of an update whose process died; its transaction was undone alone.
template <class Source>
int deaths_in(Source& source, const Operation& update) {
  const auto transactions = source.transactions_of(update.id);
  return static_cast<int>(
      std::count_if(transactions.begin(), transactions.end(), [](const Transaction& transaction) {
        return transaction.recovered && transaction.state == TransactionState::kUndone;
      }));
}

// What the update's steps made of accessories.
void add_accessory(const journal::Step& step, const Operation& update, Known& known) {
  if (step.state != journal::StepState::kDone) return;
  journal::Owned row{"", step.target, "", "", 0, update.to_version};
  if (step.kind == "add-to-path") {
    row.kind = "path";
  } else if (step.kind == "run-store-export") {
    row.kind = "store";
    if (known.store_found.is_null()) known.store_found = step.before;
    known.store_left = step.after;
  } else if (step.kind == "register-task") {
    row.kind = "task";
    const actions::Fields after("after-image of " + step.kind, step.after);
    row.sha256 = fingerprint(after.object("task").text("xml"));
  } else {
    return;
  }
  known.made.push_back(std::move(row));
}

// What the update's steps found: start types, and the services that it stopped, oldest finding
// first: the first before-image of an object wins.
template <class Source>
void add_findings(Source& source, const Operation& update, Known& known) {
  std::vector<Transaction> transactions = source.transactions_of(update.id);
  std::reverse(transactions.begin(), transactions.end());
  for (const Transaction& transaction : transactions) {
    if (transaction.state != TransactionState::kCommitted) continue;
    for (const journal::Step& step : source.steps(transaction.id)) {
      if (!step.before.is_object()) continue;
      add_accessory(step, update, known);
      const actions::Fields before("before-image of " + step.kind, step.before);
      if (step.kind == "set-start-type" && before.has("start")) {
        known.found_start_types.emplace(machine::fold_case(step.target),
                                        before.start_type("start"));
      }
      const bool ran = step.kind == "stop-service" && before.has("state") &&
                       before.service_state("state") == machine::ServiceState::kRunning;
      if (ran && !known.stopped_by_us(step.target))
        known.disabled.push_back({step.target, step.before});
    }
  }
}

template <class Source>
Caller caller_of(Source& source, const Operation& update, const std::string& handler) {
  if (handler == update.handler) return Caller::kIncoming;
  const auto transactions = source.transactions_of(update.id);
  const bool disabled =
      std::any_of(transactions.begin(), transactions.end(), [](const Transaction& transaction) {
        return transaction.command == "disable" &&
               transaction.state == TransactionState::kCommitted;
      });
  return disabled ? Caller::kAfterDisable : Caller::kOther;
}

template <class Source>
Attempts attempts_at(Source& source, const Incoming& incoming) {
  Attempts attempts;
  int made = 0;
  for (const Operation& update : source.updates_to(incoming.package)) {
    if (update.sequence_number != incoming.sequence_number) continue;
    if (update.state == OperationState::kSettled) break;
    const int deaths = deaths_in(source, update);
    made += deaths;
    if (update.state == OperationState::kOpen) continue;
    // The death that ended an update is one of those counted.
    if (!update.failed_command.empty() || deaths == 0) ++made;
    if (!attempts.last) attempts.last = update;
  }
  if (attempts.last)
    attempts.history = attempts.last->failed_command.empty() ? History::kBroken : History::kFailed;
  if (made >= kMaxUpdateAttempts) attempts.history = History::kExhausted;
  return attempts;
}

}  // namespace

Stands stands_of(machine::Machine& machine, const Known& known, const std::string& payload) {
  const auto ours = package::parse_version(payload);
  if (!ours) return Stands::kNothing;
  if (const auto settled = package::parse_version(known.settled_version)) {
    if (*settled == *ours) return Stands::kSame;
    return *settled < *ours ? Stands::kNewer : Stands::kOlder;
  }
  switch (relation(look(machine, known.install_folder), *ours)) {
    case Relation::kSame:
      return Stands::kSame;
    case Relation::kOlder:
      return Stands::kNewer;
    case Relation::kNewer:
      return Stands::kOlder;
    case Relation::kNothing:
    case Relation::kResidue:
      break;
  }
  return Stands::kNothing;
}

Failure last_failure(const Attempts& attempts, const Incoming& incoming) {
  if (attempts.last->cause.is_object()) return Failure::from_json(attempts.last->cause);
  return {ExitCode::kGeneric, "eBPF " + incoming.payload,
          "finish the update to " + incoming.payload +
              ": its process ended in the middle (killed, or the VM lost power)"};
}

Failure too_many_attempts(const Attempts& attempts, std::string_view command,
                          const Incoming& incoming) {
  const Failure last = last_failure(attempts, incoming);
  return Failure(last.code(), "eBPF " + incoming.payload,
                 std::string(command) + " eBPF " + incoming.payload + ", tried " +
                     std::to_string(kMaxUpdateAttempts) +
                     " times; the last time: " + last.message())
      .advise("Mend the cause, then deploy the extension again with a new sequence number.");
}

Recovery give_up(machine::Machine& machine, Store& store, const Operation& update,
                 const std::string& why, const std::vector<Stopped>& stopped,
                 actions::Deadline deadline, RunningStates running) {
  const Failure cause = Failure(ExitCode::kGeneric, "update to " + update.to_version,
                                "finish the update to " + update.to_version + ": " + why)
                            .advise("Nothing: it has been undone.");
  store.commit([&](journal::Commit& commit) {
    commit.begin_operation_undo(update.id, cause.to_json(), "");
    if (running == RunningStates::kLeave && !stopped.empty())
      commit.put_meta(meta::kDisabled, to_text(stopped));
  });
  return undo_operation(machine, store, update.id, deadline, {.running = running});
}

template <class Source>
std::optional<Operation> open_update(Source& source) {
  auto operation = source.open_operation();
  if (!operation || operation->state != OperationState::kOpen || operation->kind != kUpdateKind)
    return std::nullopt;
  return operation;
}

template <class Source>
Standing stand(machine::Machine& machine, Source& source, Command command, const Incoming& incoming,
               Known& known) {
  Standing standing;
  standing.update = open_update(source);
  standing.attempts = attempts_at(source, incoming);
  Situation situation;
  situation.command = command;
  situation.history = standing.attempts.history;
  if (standing.update) {
    situation.open = OperationOpen::kUpdate;
    situation.caller = caller_of(source, *standing.update, incoming.handler);
    add_findings(source, *standing.update, known);
  } else {
    situation.stands = stands_of(machine, known, incoming.payload);
  }
  // It is in PATH for what was preserved, and becomes ours with the version that replaces that.
  const std::string folder = preserved_path(known.preserved);
  if (!folder.empty()) known.made.push_back({"path", folder, "", "", 0, incoming.payload});
  standing.decision = decide(situation);
  return standing;
}

template std::optional<Operation> open_update(journal::Journal&);
template std::optional<Operation> open_update(journal::Reader&);
template Standing stand(machine::Machine&, journal::Journal&, Command, const Incoming&, Known&);
template Standing stand(machine::Machine&, journal::Reader&, Command, const Incoming&, Known&);

}  // namespace engine
