#include "engine/handler/detect.h"

#include <algorithm>
#include <utility>

#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "actions/services/set_dependencies.h"
#include "actions/services/set_start_type.h"
#include "actions/services/stop_service.h"
#include "actions/tasks/register_task.h"
#include "engine/commands/commands.h"
#include "engine/handler/abandonment.h"
#include "engine/product/extras.h"
#include "engine/product/inventory.h"
#include "engine/product/predecessor.h"
#include "journal/records.h"
#include "package/version.h"
#include "text/time.h"

namespace engine::handler {

using commands::Caller;
using commands::History;
using commands::kUpdateKind;
using commands::OperationOpen;
using commands::VersionRelation;
using errors::ExitCode;
using errors::Failure;
using journal::Operation;
using journal::OperationState;
using journal::Transaction;
using journal::TransactionState;

namespace {

// Returns how many commands of an update died: the transaction of each was undone alone, before the
// undo of the update began, if it did. What that undo left to later commands is no death.
int deaths_in(const journal::Records& records, const Operation& update) {
  const auto transactions = records.transactions_of(update.id);
  return static_cast<int>(
      std::count_if(transactions.begin(), transactions.end(), [&](const Transaction& transaction) {
        return transaction.recovered && transaction.state == TransactionState::kUndone &&
               (update.undoing_at.empty() || transaction.ended_at < update.undoing_at);
      }));
}

// Returns true if the update was made for the caller's handler. A downgrade is recorded by the
// outgoing handler, which does not know the package.
bool is_attempt_of(const Operation& update, const planning::Incoming& incoming,
                   machine::HostFiles& host, const std::string& program) {
  return update.handler == incoming.handler && update.sequence_number == incoming.sequence_number &&
         planning::is_identity_of(host, update.package, incoming, program);
}

// Returns the updates of the last kAttemptsForgottenAfterDays days, newest first. One that a clock
// which was set back since has dated into the future counts as older.
std::vector<Operation> recent_updates(const journal::Records& records, std::int64_t now_utc_ms) {
  constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;
  const std::int64_t since = now_utc_ms - commands::kAttemptsForgottenAfterDays * kDayMs;
  std::vector<Operation> updates = records.updates_since(text::utc_text(since));
  std::erase_if(updates, [now = text::utc_text(now_utc_ms)](const Operation& update) {
    return update.opened_at > now;
  });
  return updates;
}

// Returns true if the last update of the settled version went down to at most the caller's version
// and was undone: its permission goes on for the retry, and for any version between the two, as
// long as attempts count.
bool is_permitted_downgrade(const std::vector<Operation>& updates,
                            const product::InstallationState& installation,
                            const std::string& payload) {
  const auto ours = package::parse_version(payload);
  if (!ours || installation.settled_version.empty()) return false;
  const auto last =
      std::ranges::find(updates, installation.settled_version, &Operation::from_version);
  if (last == updates.end() || last->state != OperationState::kUndone) return false;
  const auto from = package::parse_version(last->from_version);
  const auto to = package::parse_version(last->to_version);
  return from && to && *to < *from && (*to < *ours || *to == *ours) && *ours < *from;
}

// Adds the extra that a step of the update made.
void add_extra(const journal::Step& step, const Operation& update,
               product::InstallationState& installation) {
  const product::Extra* const extra = product::extra_made_by(step.kind);
  if (extra == nullptr || step.state != journal::StepState::kDone) return;
  journal::Owned row{std::string(extra->owned_kind), step.target, "", "", 0, update.to_version};
  if (extra->kind == product::ExtraKind::kStore) {
    if (installation.store_found.is_null()) installation.store_found = step.before;
    installation.store_left = step.after;
  } else if (extra->kind == product::ExtraKind::kTask) {
    const auto after = actions::tasks::RegisterTask::read_after(step.after);
    if (after.task) row.sha256 = actions::tasks::fingerprint(after.task->xml);
  }
  installation.made.push_back(std::move(row));
}

// Adds what the update's committed steps found and made: start types, stopped services, extras;
// oldest step first, since the first before-image of an object wins.
void add_findings(const journal::Records& records, const Operation& update,
                  product::InstallationState& installation) {
  std::vector<Transaction> transactions = records.transactions_of(update.id);
  std::reverse(transactions.begin(), transactions.end());
  for (const Transaction& transaction : transactions) {
    if (transaction.state != TransactionState::kCommitted) continue;
    for (const journal::Step& step : records.steps(transaction.id)) {
      if (!step.before.is_object() || !step.damage.empty()) continue;
      add_extra(step, update, installation);
      if (step.kind == actions::services::SetDependencies::kKind) {
        const auto before = actions::services::SetDependencies::read_before(step.before);
        if (before.depends_on && installation.dependencies_taken.empty())
          installation.dependencies_taken = *before.depends_on;
      } else if (step.kind == actions::services::SetStartType::kKind) {
        const auto before = actions::services::SetStartType::read_before(step.before);
        if (before.start)
          installation.found_start_types.emplace(machine::fold_case(step.target), *before.start);
      } else if (step.kind == actions::services::StopService::kKind) {
        const auto before = actions::services::StopService::read_before(step.before);
        if (before.state == machine::ServiceState::kRunning &&
            !installation.stopped_by_us(step.target))
          installation.disabled.push_back({step.target, step.before});
      }
    }
  }
}

bool is_hand_over(const Operation& update) { return update.package == planning::kHandedOver; }

bool goes_down(const Operation& update) {
  if (update.package.empty() || is_hand_over(update)) return true;
  const auto from = package::parse_version(update.from_version);
  const auto to = package::parse_version(update.to_version);
  return from && to && *to < *from;
}

// Nobody goes on with an update of `setup` whose process died, but the same handler.
Caller caller_of(const journal::Records& records, const Operation& update,
                 commands::Command command, const std::string& handler) {
  const auto transactions = records.transactions_of(update.id);  // newest first
  const bool by_setup =
      !transactions.empty() && transactions.back().command.starts_with(commands::kSetup);
  if (commands::is_setup(command) && !by_setup) return Caller::kBeside;
  if (handler == update.handler) return Caller::kIncoming;
  if (by_setup) return Caller::kAfterDisable;
  for (const Transaction& transaction : transactions) {
    if (transaction.state != TransactionState::kCommitted) continue;
    if (transaction.command == "disable") return Caller::kAfterDisable;
    if (transaction.command == "update") break;
  }
  return Caller::kOther;
}

Attempts attempts_at(machine::HostFiles& host, const journal::Records& records,
                     const std::vector<Operation>& updates, const planning::Incoming& incoming,
                     const std::string& program) {
  Attempts attempts;
  if (incoming.package.empty() && !incoming.downgrade) return attempts;  // it cannot be read
  int made = 0;
  for (const Operation& update : updates) {
    // One that settled ends the search: the program of a healthy machine is not read.
    const bool settled = update.state == OperationState::kSettled;
    if (!is_attempt_of(update, incoming, host, settled ? "" : program)) continue;
    if (settled) break;
    const int deaths = deaths_in(records, update);
    made += deaths;
    if (update.state == OperationState::kOpen) continue;
    // An update that a death ended is counted by that death already.
    const bool failed = !update.failed_command.empty();
    if (failed || deaths == 0) ++made;
    if (!attempts.last) {
      attempts.last = update;
      attempts.last_died = deaths > 0 && !failed;
    }
    if (failed && !attempts.failed) attempts.failed = update;
  }
  if (attempts.last)
    attempts.history = attempts.last->failed_command.empty() ? History::kBroken : History::kFailed;
  if (made >= commands::kMaxUpdateAttempts) attempts.history = History::kExhausted;
  return attempts;
}

VersionRelation version_relation(machine::Machine& machine,
                                 const product::InstallationState& installation,
                                 const std::string& payload) {
  const auto ours = package::parse_version(payload);
  if (!ours) return VersionRelation::kNothing;
  if (const auto settled = package::parse_version(installation.settled_version)) {
    if (*settled == *ours) return VersionRelation::kSame;
    return *settled < *ours ? VersionRelation::kNewer : VersionRelation::kOlder;
  }
  switch (product::found_version(product::detect(machine, installation.install_folder), *ours)) {
    case product::FoundVersion::kSame:
      return VersionRelation::kSame;
    case product::FoundVersion::kOlder:
      return VersionRelation::kNewer;
    case product::FoundVersion::kNewer:
      return VersionRelation::kOlder;
    case product::FoundVersion::kNothing:
    case product::FoundVersion::kResidue:
      break;
  }
  return VersionRelation::kNothing;
}

}  // namespace

Failure last_failure(const Attempts& attempts, const planning::Incoming& incoming) {
  if (!attempts.last_died && attempts.last->cause.is_object())
    return Failure::from_json(attempts.last->cause);
  return {ExitCode::kGeneric, "eBPF " + incoming.payload,
          "finish the update to " + incoming.payload +
              ": its process ended in the middle (killed, or the VM lost power)"};
}

Failure too_many_attempts(const Attempts& attempts, std::string_view command,
                          const planning::Incoming& incoming) {
  const Failure last = last_failure(attempts, incoming);
  std::string why = "; the last time: " + last.message();
  ExitCode code = last.code();
  if (attempts.last_died && attempts.failed && attempts.failed->cause.is_object()) {
    const Failure failed = Failure::from_json(attempts.failed->cause);
    why += "; before that: " + failed.message();
    code = failed.code();
  }
  return Failure(code, "eBPF " + incoming.payload,
                 std::string(command) + " eBPF " + incoming.payload + ", tried " +
                     std::to_string(commands::kMaxUpdateAttempts) + " times" + why)
      .advise("Mend the cause, then deploy the extension again with a new sequence number.");
}

std::optional<Operation> open_update(const journal::Records& records) {
  auto operation = records.open_operation();
  if (!operation || operation->state != OperationState::kOpen || operation->kind != kUpdateKind)
    return std::nullopt;
  return operation;
}

Detected detect(machine::Machine& machine, const journal::Records* records,
                product::InstallationState installation, const Request& request,
                std::optional<std::int64_t> sequence_number, planning::OwnPackage own) {
  Detected detected;
  detected.incoming =
      planning::incoming_of(machine.host(),
                            {request.command, request.handler_version, request.version_variable,
                             sequence_number, request.package_root},
                            own);
  detected.own = std::move(own);
  detected.installation = std::move(installation);
  detected.situation.command = request.command;
  std::vector<Operation> updates;
  if (records != nullptr) {
    updates = recent_updates(*records, machine.system().utc_ms());
    detected.update = open_update(*records);
    detected.attempts =
        attempts_at(machine.host(), *records, updates, detected.incoming, request.program);
    // An update that could not be undone is no reason to refuse the way out of that.
    if (!detected.installation.inconsistent && !commands::is_setup(request.command))
      detected.situation.history = detected.attempts.history;
    if (request.command == commands::Command::kSetupUninstall &&
        extension_is_gone(machine, *records))
      detected.installation.wanted_by_vm_agent = false;
  }
  if (detected.update) {
    detected.situation.open =
        is_hand_over(*detected.update) ? OperationOpen::kHandOver : OperationOpen::kUpdate;
    detected.situation.caller =
        caller_of(*records, *detected.update, request.command, detected.incoming.handler);
    add_findings(*records, *detected.update, detected.installation);
  } else {
    detected.situation.relation =
        version_relation(machine, detected.installation, detected.incoming.payload);
    if (detected.situation.relation == VersionRelation::kOlder &&
        !commands::is_setup(request.command) &&
        is_permitted_downgrade(updates, detected.installation, detected.incoming.payload)) {
      detected.situation.relation = VersionRelation::kNewer;
      detected.permitted_downgrade = true;
    }
  }
  if (request.command == commands::Command::kUninstall && !detected.update)
    detected.situation.taken_over = product::is_taken_over(machine, detected.installation);
  // The preserved installation's folder in PATH becomes ours with the version that replaces it.
  const std::string folder = product::preserved_path(detected.installation.preserved);
  if (!folder.empty()) {
    detected.installation.made.push_back({"path", folder, "", "", 0, detected.incoming.payload});
  }
  return detected;
}

planning::Planning planning_of(const Request& request, const Detected& detected,
                               std::string work_folder) {
  planning::Planning planning;
  planning.command = request.command;
  planning.handler_version = request.handler_version;
  planning.program = request.program;
  planning.decision = commands::decide(detected.situation);
  planning.downgrade =
      detected.permitted_downgrade || (detected.update && goes_down(*detected.update));
  if (planning.decision == commands::Decision::kHandOver)
    planning.handed_over = detected.update->to_version;
  planning.work_folder = std::move(work_folder);
  if (detected.update) planning.open_update = detected.update->to_version;
  return planning;
}

}  // namespace engine::handler
