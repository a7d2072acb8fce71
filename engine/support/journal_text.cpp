#include "engine/support/journal_text.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/reports/open_update.h"
#include "engine/support/journal_facts.h"
#include "engine/support/journal_json.h"
#include "errors/failure.h"
#include "text/table.h"

namespace engine::support {
namespace {

using errors::Failure;
using Json = nlohmann::json;
using journal::Transaction;

std::string version_text(const Transaction& transaction) {
  return transaction.payload_version.empty() ? "-" : transaction.payload_version;
}

// "Failed: step 4 of 7, start-service NetEbpfExt", and why, unless that is the transaction's cause;
// "" for a step that did not fail.
std::string failed_step(const journal::Step& step, std::size_t steps,
                        const std::optional<Failure>& cause) {
  const auto failure = failure_of(step.error);
  if (!failure) return "";
  const bool told = cause && cause->message() == failure->message();
  return "Failed: step " + std::to_string(step.position) + " of " + std::to_string(steps) + ", " +
         step.kind + " " + step.target + (told ? "" : ": " + failure->message()) + "\n";
}

// The events of a transaction; 0: the events of no transaction.
std::string events_text(const journal::Reader& reader, std::int64_t transaction_id) {
  std::string text;
  for (const journal::Event& event : reader.events(transaction_id))
    text += event.at + " " + std::string(journal::to_text(event.level)) + "  " + event.text + "\n";
  return text;
}

std::string code_text(const Transaction& transaction) {
  const auto code = code_of(transaction);
  return code ? std::to_string(*code) : "-";
}

// "Part of the update 0.9.1 -> 0.10.0 (transactions 8, 9, 10), which is undone".
std::string part_of(const journal::Reader& reader, const journal::Operation& update) {
  std::string ids;
  for (const Transaction& other : reader.transactions_of(update.id))
    ids = std::to_string(other.id) + (ids.empty() ? "" : ", ") + ids;
  const std::string state =
      update.state ? std::string(journal::to_text(*update.state)) : "in an unknown state";
  return "Part of the update " + (update.from_version.empty() ? "" : update.from_version + " ") +
         "-> " + update.to_version + " (transactions " + ids + "), which is " + state + "\n";
}

// The times of the journal compare as texts do, and a part of one is before all that begin with it.
void check_since(const std::string& since) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  constexpr std::size_t kDate = 10;
  bool fits = since.empty() || (since.size() >= kDate && since.size() <= kForm.size());
  for (std::size_t i = 0; fits && i < since.size(); ++i)
    fits = kForm[i] == '0' ? since[i] >= '0' && since[i] <= '9' : since[i] == kForm[i];
  if (fits) return;
  throw Failure(errors::ExitCode::kUsage, "--since", "list the commands since \"" + since + "\"")
      .advise("Give a time in UTC: 2026-11-22, or 2026-11-22T10:18:00.");
}

// What of each listed transaction is wanted, oldest first. Many may be listed: no more than a page
// of them is in memory.
template <typename Wanted>
std::vector<Wanted> listed(const journal::Reader& reader, const ListOptions& options,
                           const std::function<Wanted(const Transaction&)>& wanted) {
  constexpr std::int64_t kPage = 500;
  check_since(options.since);
  std::vector<Wanted> all;
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  for (bool more = true; more;) {
    const auto so_far = static_cast<std::int64_t>(all.size());
    const std::int64_t most = options.last > 0 ? std::min(kPage, options.last - so_far) : kPage;
    const std::vector<Transaction> page =
        reader.newest_transactions(options.since, options.failed, most, before);
    for (const Transaction& transaction : page) {
      all.push_back(wanted(transaction));
      before = transaction.id;
    }
    more = std::ssize(page) == most && std::ssize(all) != options.last;
  }
  std::reverse(all.begin(), all.end());
  return all;
}

std::vector<std::string> row_of(const Transaction& transaction) {
  const auto cause = failure_of(transaction.cause);
  return {std::to_string(transaction.id),
          transaction.started_at,
          transaction.command,
          version_text(transaction),
          std::string(journal::outcome(transaction)),
          code_text(transaction),
          seconds_text(transaction.duration_ms),
          cause ? cause->message() : ""};
}

}  // namespace

std::string list_text(const journal::Reader& reader, const ListOptions& options) {
  std::vector<std::vector<std::string>> rows =
      listed<std::vector<std::string>>(reader, options, row_of);
  const bool is_cut = options.last > 0 && std::ssize(rows) == options.last &&
                      rows.front().front() != std::to_string(reader.transaction_after(0)->id);
  rows.insert(rows.begin(),
              {"ID", "STARTED", "COMMAND", "VERSION", "OUTCOME", "CODE", "SECONDS", "CAUSE"});
  constexpr std::size_t kId = 0;
  constexpr std::size_t kCode = 5;
  constexpr std::size_t kSeconds = 6;
  std::string text = text::aligned(rows, {kId, kCode, kSeconds});
  if (is_cut) text += "The newest " + std::to_string(options.last) + "; --last 0 lists all.\n";
  const std::string events = events_text(reader, 0);
  if (!events.empty()) text += "\nOf no transaction:\n" + events;
  return text;
}

Json list_json(const journal::Reader& reader, const ListOptions& options) {
  return {
      {"transactions", listed<Json>(reader, options,
                                    [](const Transaction& listed) { return header_json(listed); })},
      {"events", events_json(reader, 0)},
      {"warnings", reader.warnings()}};
}

std::string show_text(const journal::Reader& reader, std::int64_t transaction_id) {
  const Transaction transaction = find(reader, transaction_id);
  const std::vector<journal::Step> steps = reader.steps(transaction_id);
  const bool undoing = transaction.state == journal::TransactionState::kUndoing;
  std::string text = "Transaction " + std::to_string(transaction.id) + ": " + transaction.command +
                     " " + version_text(transaction) + ", " +
                     std::string(journal::outcome(transaction)) +
                     (undoing ? ", its undo is not finished" : "") +
                     (code_of(transaction) ? ", code " + code_text(transaction) : "") + "\n";
  text += "Handler " + transaction.program_version + ", process " +
          std::to_string(transaction.process_id) + ", started " + transaction.started_at + ", " +
          (transaction.ended_at.empty() ? "not ended" : "ended " + transaction.ended_at) + "\n";
  if (transaction.sequence_number)
    text += "Sequence number " + std::to_string(*transaction.sequence_number) + "\n";
  const auto update = update_of(reader, transaction);
  if (update) text += part_of(reader, *update);
  if (!steps.empty()) {
    std::vector<std::vector<std::string>> rows{{"N", "KIND", "TARGET", "STATE", "MS"}};
    for (const journal::Step& step : steps) {
      rows.push_back({std::to_string(step.position), step.kind, step.target, state_text(step.state),
                      step.ended_at.empty() ? "-" : std::to_string(step.duration_ms)});
    }
    constexpr std::size_t kMilliseconds = 4;
    text += "\nSteps:\n" + text::aligned(rows, {0, kMilliseconds});
  }
  const auto cause = failure_of(transaction.cause);
  const auto undo_failure = undo_failure_of(transaction, steps);
  std::string told;
  for (const journal::Step& step : steps)
    told += failed_step(step, steps.size(), cause);
  if (cause) told += "Cause: " + cause->message() + "\n";
  if (undo_failure) told += "Undo failure: " + undo_failure->message() + "\n";
  for (const journal::Step& step : steps) {
    for (const std::string& object : step.foreign)
      told += "Left alone: " + object + "\n";
  }
  const std::string advice = what_to_do(transaction, cause, undo_failure);
  if (!advice.empty()) told += "What to do: " + advice + "\n";
  if (update && advice.empty() && is_unfinished(*update)) {
    told += "What to do: nothing yet: " + reports::who_goes_on() + "\n";
  }
  if (!told.empty()) text += "\n" + told;
  text += "\nEvents:\n" + events_text(reader, transaction_id);
  return text;
}

Json show_json(const journal::Reader& reader, std::int64_t transaction_id) {
  const Transaction transaction = find(reader, transaction_id);
  Json json = transaction_json(transaction);
  json["warnings"] = reader.warnings();
  json["steps"] = Json::array();
  for (const journal::Step& step : reader.steps(transaction_id)) {
    json["steps"].push_back(step_json(step));
  }
  json["events"] = events_json(reader, transaction_id);
  return json;
}

}  // namespace engine::support
