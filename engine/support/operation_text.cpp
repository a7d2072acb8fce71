#include "engine/support/operation_text.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/product/outage.h"
#include "engine/support/journal_facts.h"
#include "engine/support/journal_json.h"
#include "engine/support/journal_text.h"
#include "errors/failure.h"
#include "text/table.h"
#include "text/time.h"

namespace engine::support {
namespace {

using Json = nlohmann::json;
using journal::Operation;
using journal::Transaction;

Operation find_operation(const journal::Records& records, std::int64_t id) {
  const auto operation = records.find_operation(id);
  if (operation) return *operation;
  throw errors::Failure(errors::ExitCode::kUsage, "operation " + std::to_string(id),
                        "find operation " + std::to_string(id) + " in the journal")
      .advise(
          "`ebpf-handler journal show ID` says of a transaction which operation it is part of.");
}

// When its work ended: an undo with its update, later, is no part of that.
std::string end_of_work(const journal::Records& records, const Transaction& transaction,
                        const std::string& next_began) {
  if (!transaction.ended_at.empty() && transaction.ended_at <= next_began)
    return transaction.ended_at;
  std::string end = transaction.started_at;
  for (const journal::Step& step : records.steps(transaction.id)) {
    if (step.ended_at <= next_began) end = std::max(end, step.ended_at);
  }
  return end;
}

// Between the end of the one before and its beginning; nullopt: it is the first, or the clock was
// set back.
std::optional<std::int64_t> gap_before(const journal::Records& records,
                                       const std::vector<Transaction>& all, std::size_t at) {
  if (at == 0) return std::nullopt;
  const std::string& began = all[at].started_at;
  const std::int64_t gap =
      text::utc_ms(began) - text::utc_ms(end_of_work(records, all[at - 1], began));
  if (gap < 0) return std::nullopt;
  return gap;
}

std::string version_or_none(const std::string& version) {
  return version.empty() ? "none" : version;
}

std::string state_of(const Operation& operation) {
  return operation.state ? std::string(journal::to_text(*operation.state)) : "unknown";
}

std::string header(const Operation& operation) {
  std::string text = "Operation " + std::to_string(operation.id) + ": " + operation.kind + " " +
                     version_or_none(operation.from_version) + " -> " +
                     version_or_none(operation.to_version) + ", " + state_of(operation) + "\n";
  text += "Opened " + operation.opened_at + ", " +
          (operation.settled_at.empty() ? "not ended" : "ended " + operation.settled_at) + "\n";
  if (!operation.failed_command.empty())
    text += "Undone since " + operation.failed_command + " failed\n";
  return text;
}

std::string steps_text(const journal::Records& records, const Transaction& transaction) {
  std::vector<std::vector<std::string>> rows;
  for (const journal::Step& step : records.steps(transaction.id)) {
    rows.push_back({"", std::to_string(step.position), step.kind, step.target,
                    state_text(step.state),
                    step.ended_at.empty() ? "-" : std::to_string(step.duration_ms) + " ms"});
  }
  constexpr std::size_t kMilliseconds = 5;
  return text::aligned(rows, {1, kMilliseconds});
}

std::string down_text(const char* what, const product::Downtime& down) {
  return what + (" down " + seconds_text(down.ms)) + " s" +
         (down.since.empty() ? "" : ", and since " + down.since);
}

}  // namespace

std::string operation_text(const journal::Reader& reader, std::int64_t operation_id) {
  const Operation operation = find_operation(reader, operation_id);
  const std::vector<Transaction> all = transactions_together(reader, operation);
  std::string text = header(operation);
  const product::Outage outage = product::outage_of(reader, all);
  text += down_text("eBPF", outage.ebpf) + "; " + down_text("GuestProxyAgent", outage.proxy) + "\n";
  if (const auto cause = failure_of(operation.cause)) text += "Cause: " + cause->message() + "\n";
  for (std::size_t at = 0; at < all.size(); ++at) {
    const Transaction& transaction = all[at];
    const auto gap = gap_before(reader, all, at);
    text += "\n";
    if (gap) text += seconds_text(*gap) + " s later\n";
    const auto code = code_of(transaction);
    text += transaction.started_at + "  " + transaction.command + " (transaction " +
            std::to_string(transaction.id) + ", handler " + transaction.program_version +
            "): " + std::string(journal::outcome(transaction)) +
            (code ? ", code " + std::to_string(*code) : "") + ", " +
            seconds_text(transaction.duration_ms) + " s\n" + steps_text(reader, transaction);
    const auto cause = failure_of(transaction.cause);
    if (cause) text += "  Cause: " + cause->message() + "\n";
  }
  return text;
}

Json operation_json(const journal::Reader& reader, std::int64_t operation_id) {
  const Operation operation = find_operation(reader, operation_id);
  const std::vector<Transaction> all = transactions_together(reader, operation);
  Json json = operation_json(operation);
  add_outage(product::outage_of(reader, all), json);
  json["warnings"] = reader.warnings();
  json["transactions"] = Json::array();
  for (std::size_t at = 0; at < all.size(); ++at) {
    Json shown = show_json(reader, all[at].id);
    shown.erase("warnings");
    const auto gap = gap_before(reader, all, at);
    shown["gap_ms"] = gap ? Json(*gap) : Json();
    json["transactions"].push_back(std::move(shown));
  }
  return json;
}

}  // namespace engine::support
