#include "engine/support/journal_health.h"

#include <algorithm>
#include <vector>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "engine/product/places.h"
#include "engine/reports/open_update.h"
#include "engine/support/drift.h"
#include "engine/support/explanation.h"
#include "engine/support/journal_facts.h"
#include "text/printable.h"

namespace engine::support {
namespace {

using journal::Transaction;
using journal::TransactionState;

std::string name_of(const Transaction& transaction) {
  return "transaction " + std::to_string(transaction.id);
}

// "enable 1.0.0 of 2026-11-22T10:18:00.123Z, committed"
std::string line_of(const Transaction& transaction) {
  std::string line = transaction.command;
  if (!transaction.payload_version.empty()) line += " " + transaction.payload_version;
  line += " of " + transaction.started_at + ", " + std::string(journal::outcome(transaction));
  const auto code = code_of(transaction);
  return code.value_or(0) == 0 ? line : line + ", exit code " + std::to_string(*code);
}

std::string explain(const Scene& scene, const Transaction& transaction) {
  return scene.command("journal explain " + std::to_string(transaction.id));
}

Advice advice_on(const Scene& scene, const Transaction& transaction) {
  Advice advice{explanation_of(*scene.records, transaction.id).next};
  switch (transaction.state.value_or(TransactionState::kOpen)) {
    case TransactionState::kRebootNeeded:
      advice.commands = {kRestartVm};
      break;
    case TransactionState::kInconsistent:
      advice = {"Mend the cause of the undo failure. " + advice.words,
                {explain(scene, transaction)}};
      break;
    case TransactionState::kOpen:
    case TransactionState::kUndoing:
      advice.commands = {scene.command("recover")};
      break;
    default:
      advice.commands = {explain(scene, transaction)};
      if (transaction.command != "enable" || update_of(*scene.records, transaction)) break;
      advice.words += " " + scene.mend.words;
      for (const std::string& command : scene.mend.commands) {
        if (command != advice.commands.front()) advice.commands.push_back(command);
      }
  }
  return advice;
}

void check_last(const Scene& scene, const Area& area) {
  const auto newest = scene.records->newest_transaction();
  if (!newest) return area.note("the last command", "none has run here");
  const auto state = newest->state;
  const bool ended = state == TransactionState::kCommitted || state == TransactionState::kUndone ||
                     state == TransactionState::kRefused;
  if (!ended) return;  // told as unfinished
  const std::string line = line_of(*newest);
  if (code_of(*newest).value_or(0) == 0) return area.ok("the last command", line);
  const auto cause = failure_of(newest->cause);
  area.trouble("the last command", line + (cause ? ". " + cause->message() : ""),
               advice_on(scene, *newest));
}

// The transactions whose undo or deferral is not at its end, and those that were given up and that
// no command has taken over since.
std::vector<Transaction> unfinished(const Scene& scene) {
  std::vector<Transaction> all = scene.records->unfinished();
  const auto given_up =
      scene.installation.inconsistent ? scene.records->transactions() : std::vector<Transaction>();
  const auto last = std::ranges::find(given_up.rbegin(), given_up.rend(),
                                      TransactionState::kInconsistent, &Transaction::state);
  const bool told =
      last == given_up.rend() || std::ranges::find(all, last->id, &Transaction::id) != all.end();
  if (!told) all.push_back(*last);
  return all;
}

void check_unfinished(const Scene& scene, const Area& area) {
  for (const Transaction& transaction : unfinished(scene)) {
    const auto cause = failure_of(transaction.cause);
    const std::string line = line_of(transaction) + (cause ? ". " + cause->message() : "");
    const bool waits = transaction.state == TransactionState::kRebootNeeded ||
                       transaction.state == TransactionState::kInconsistent;
    if (scene.holder && !waits) {
      area.note(name_of(transaction), line + ": a command is at work on it");
    } else {
      area.trouble(name_of(transaction), line, advice_on(scene, transaction));
    }
    check_steps(scene, transaction, area);
  }
}

void check_operation(const Scene& scene, const Area& area) {
  const auto operation = scene.records->open_operation();
  if (!operation) return;
  const std::string name = operation->kind + " " +
                           (operation->from_version.empty() ? "" : operation->from_version + " ") +
                           "-> " + operation->to_version;
  if (scene.holder) {
    area.note(name, "open since " + operation->opened_at + ": a command is at work on it");
  } else if (operation->state == journal::OperationState::kUndoing) {
    const auto cause = failure_of(operation->cause);
    area.trouble(name, "its undo is not at its end" + (cause ? ". " + cause->message() : ""),
                 {"The next command goes on with the undo.", {scene.command("recover")}});
  } else if (scene.update) {
    std::vector<std::string> done;
    for (const Transaction& transaction : scene.records->transactions_of(operation->id)) {
      if (transaction.state == TransactionState::kCommitted) done.push_back(transaction.command);
    }
    const std::string text =
        "open since " + operation->opened_at +
        (done.empty() ? "" : ", the last command that committed is " + done.front());
    if (scene.nobody_goes_on) {
      area.trouble(name, text + "; nobody goes on with it",
                   {"The VM Agent's next command goes on with it. To undo it now:",
                    {scene.command("recover --abandoned")}});
    } else {
      area.note(name, text + "; it is between two commands",
                {"This ends by itself: " + reports::who_goes_on()});
    }
  }
}

void check_rows(const Scene& scene, const Area& area) {
  std::vector<std::string> damaged = scene.records->damaged_meta();
  for (const journal::Owned& owned : scene.installation.owned) {
    if (!owned.damage.empty()) damaged.push_back(owned.name);
  }
  for (std::string& name : damaged)
    name = text::printable(name);
  if (!damaged.empty()) {
    area.trouble("rows", "not what was written: " + some_of(damaged),
                 {"Copy the journal for support. The next command sets it aside and takes the "
                  "machine over by looking at it."});
  }
  if (scene.installation.take_over && !scene.installation.inconsistent) {
    Advice advice = scene.mend;
    area.trouble("the journal before",
                 "was lost, and nothing has settled since: what is on the machine may be ours",
                 advice);
  }
}

}  // namespace

void check_journal(const Scene& scene, Checkup& checkup) {
  const Area area(checkup, "journal");
  if (scene.holder) {
    area.add(Mark::kUnknown, "a command",
             "runs now (process " + *scene.holder + "): what follows changes under it",
             {"Wait until it has ended, then run doctor again."});
  }
  if (scene.records == nullptr) return;
  area.look("the last command", [&] { check_last(scene, area); });
  area.look("what is open", [&] { check_unfinished(scene, area); });
  area.look("the operation", [&] { check_operation(scene, area); });
  area.look("rows", [&] { check_rows(scene, area); });
}

}  // namespace engine::support
