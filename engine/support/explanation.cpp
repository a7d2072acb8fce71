#include "engine/support/explanation.h"

#include <algorithm>
#include <sstream>
#include <string_view>

#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/product/installation_state.h"
#include "engine/reports/open_update.h"
#include "engine/support/journal_facts.h"
#include "text/sentence.h"
#include "text/time.h"

namespace engine::support {
namespace {

using errors::Failure;
using journal::StepState;
using journal::Transaction;

constexpr std::string_view kRecovering = "recovering:";

// The command of an undone update whose failure undid it; else the transaction itself.
Transaction failing(const journal::Records& records, Transaction transaction,
                    const std::optional<journal::Operation>& update) {
  if (!update || update->failed_command.empty() || update->failed_command == transaction.command)
    return transaction;
  for (const Transaction& other : records.transactions_of(update->id)) {
    if (other.command == update->failed_command) return other;
  }
  return transaction;
}

Transaction chosen(const journal::Records& records, std::optional<std::int64_t> id) {
  if (id) return find(records, *id);
  const auto newest = records.newest_transaction();
  if (!newest) {
    throw Failure(errors::ExitCode::kUsage, "the journal", "explain a failure: no command has run")
        .advise("Nothing is to be explained.");
  }
  for (auto at = newest; at; at = records.transaction_before(at->id)) {
    if (is_failure(*at)) return *at;
  }
  return *newest;
}

void add_steps(const journal::Records& records, const std::vector<Transaction>& transactions,
               Explanation& explanation) {
  for (const Transaction& transaction : transactions) {
    const bool failed = transaction.id == explanation.transaction.id;
    const std::vector<journal::Step> steps = records.steps(transaction.id);
    if (failed) explanation.undo_failure = undo_failure_of(transaction, steps);
    if (failed) explanation.steps = steps.size();
    const journal::Step* failed_at = failed ? step_that_failed(steps) : nullptr;
    if (failed_at != nullptr) explanation.failed_step = *failed_at;
    for (const journal::Step& step : steps) {
      if (step.state == StepState::kUndone) ++explanation.undone;
      if (step.state == StepState::kUndoFailed) {
        const auto why = failure_of(step.undo_error);
        explanation.not_undone.push_back(step.kind + " " + step.target +
                                         (why ? ": " + why->message() : ""));
      }
      explanation.left_alone.insert(explanation.left_alone.end(), step.foreign.begin(),
                                    step.foreign.end());
    }
  }
}

// The newest reading of the components that a report was made from.
void add_last_seen(const journal::Records& records, Explanation& explanation) {
  const product::InstallationState state = product::installation_state_of(records);
  explanation.version = state.settled_version;
  explanation.inconsistent = state.inconsistent;
  for (auto at = records.newest_transaction(); at; at = records.transaction_before(at->id)) {
    if (explanation.seen_at.empty())
      explanation.seen_at = at->ended_at.empty() ? at->started_at : at->ended_at;
    if (!at->result.is_array()) continue;
    explanation.components = at->result;
    explanation.seen_by = at->id;
    explanation.seen_at = at->ended_at;
    return;
  }
}

// The last time that the process wrote something of its transaction.
std::string last_sign(const journal::Records& records, const Transaction& transaction) {
  std::string last = transaction.started_at;
  for (const journal::Event& event : records.events(transaction.id)) {
    if (event.text.starts_with(kRecovering)) break;
    last = std::max(last, event.at);
  }
  return last;
}

void add_process_end(const journal::Records& records, Explanation& explanation) {
  const Transaction& transaction = explanation.transaction;
  const auto command = commands::command_from(transaction.command);
  if (command && commands::row(*command).called_by_vm_agent)
    explanation.limit_ms = commands::row(*command).vm_agent_limit_ms;
  explanation.died = transaction.recovered;
  if (!explanation.died && !transaction.ended_at.empty()) {
    explanation.ran_ms = transaction.duration_ms;
    explanation.end = "It ended by itself.";
    return;
  }
  explanation.ran_ms =
      text::utc_ms(last_sign(records, transaction)) - text::utc_ms(transaction.started_at);
  if (!explanation.died) {
    explanation.end = "It has no end in this journal: it runs still, or was killed.";
    return;
  }
  constexpr std::int64_t kNearLimitMs = 60'000;  // a step may wait so long without a sign
  const auto next = records.find_transaction(transaction.id + 1);
  const std::string& boot =
      transaction.undo_boot_id.empty() && next ? next->boot_id : transaction.undo_boot_id;
  if (!boot.empty() && boot != transaction.boot_id) {
    explanation.end = "It died, and the VM was restarted before the next command: perhaps in it.";
  } else if (explanation.limit_ms > 0 &&
             explanation.ran_ms >= explanation.limit_ms - kNearLimitMs) {
    explanation.end = "It died about when the VM Agent's limit was over, which kills a command.";
  } else {
    explanation.end =
        "It died; why is not known: somebody ended it, or it crashed (Windows' Application log "
        "has a crash).";
  }
}

std::string next_of_undone(const Explanation& explanation) {
  const auto& update = explanation.update;
  if (!update)
    return "Each further " + explanation.transaction.command +
           " tries again; the VM Agent calls enable at every boot.";
  if (update->failed_command.empty())
    return "The VM Agent's next command of the update tries it again, at most " +
           std::to_string(commands::kMaxUpdateAttempts) + " times.";
  return "enable repeats this failure, and starts what of " +
         (update->from_version.empty() ? std::string("the version before") : update->from_version) +
         " does not run; a new sequence number, another package, or " +
         std::to_string(commands::kAttemptsForgottenAfterDays) + " days make a new attempt.";
}

std::string next_of(const Explanation& explanation) {
  const std::string_view ended = journal::outcome(explanation.transaction);
  if (ended == "open")
    return "If no command runs now, the next one, or `ebpf-handler recover`, finishes or undoes "
           "this one first.";
  if (ended == "reboot-needed")
    return "The first command after a restart of the VM, or the recovery task, finishes it.";
  if (ended == "inconsistent")
    return "Any install, enable, update, disable or uninstall takes the machine over as it finds "
           "it.";
  if (explanation.update && is_unfinished(*explanation.update))
    return text::sentence(reports::who_goes_on());
  if (ended == "undone" || ended == "recovered-before") return next_of_undone(explanation);
  if (ended == "refused") return "The next command looks again whether it can be done.";
  return "Nothing is left to be done.";
}

// Where to look: by what the code says, else by what failed.
std::vector<std::string> commands_of(const Explanation& explanation) {
  std::vector<std::string> commands;
  const auto& failure = explanation.undo_failure ? explanation.undo_failure : explanation.cause;
  if (failure) {
    const SystemCode* code = failure->system() ? system_code(*failure->system()) : nullptr;
    std::istringstream lines(
        commands_to_look(code != nullptr ? code->look_at : LookAt::kSystemLog, failure->object()));
    for (std::string line; std::getline(lines, line);)
      commands.push_back(line);
  }
  const std::string_view ended = journal::outcome(explanation.transaction);
  if (ended == "open") commands.emplace_back("ebpf-handler recover");
  if (ended == "reboot-needed") commands.emplace_back("shutdown /r /t 60");
  return commands;
}

}  // namespace

Explanation explanation_of(const journal::Records& records, std::optional<std::int64_t> id) {
  Explanation explanation;
  explanation.transaction = chosen(records, id);
  explanation.update = update_of(records, explanation.transaction);
  explanation.transaction =
      failing(records, std::move(explanation.transaction), explanation.update);
  explanation.cause = failure_of(explanation.transaction.cause);
  if (explanation.cause && explanation.cause->system())
    explanation.meaning = system_code(*explanation.cause->system());
  const std::vector<Transaction> together = transactions_together(records, explanation.transaction);
  for (const Transaction& transaction : together)
    explanation.together.push_back(transaction.id);
  add_steps(records, together, explanation);
  add_last_seen(records, explanation);
  const auto operation = records.find_operation(explanation.transaction.operation_id);
  explanation.before = operation ? operation->from_version : explanation.version;
  explanation.outage = product::outage_of(records, together);
  add_process_end(records, explanation);
  explanation.next = next_of(explanation);
  explanation.to_do =
      what_to_do(explanation.transaction, explanation.cause, explanation.undo_failure);
  explanation.commands = commands_of(explanation);
  return explanation;
}

}  // namespace engine::support
