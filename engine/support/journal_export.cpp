#include "engine/support/journal_export.h"

#include <map>
#include <optional>
#include <ostream>
#include <sstream>
#include <string_view>
#include <vector>

#include "engine/product/installation_state.h"
#include "engine/product/outage.h"
#include "engine/support/journal_facts.h"
#include "engine/support/journal_json.h"
#include "json/json.h"
#include "text/visible.h"

namespace engine::support {
namespace {

using Json = nlohmann::json;

void write(std::ostream& out, std::string_view record, Json json) {
  json["record"] = record;
  out << text::visible(json.dump(-1, ' ', false, Json::error_handler_t::replace)) << '\n';
}

void write_events(const journal::Records& records, std::int64_t transaction_id, std::ostream& out) {
  for (const journal::Event& event : records.events(transaction_id)) {
    Json json = event_json(event);
    json["transaction"] = transaction_id == 0 ? Json() : Json(transaction_id);
    write(out, "event", std::move(json));
  }
}

void write_transaction(const journal::Records& records, const journal::Transaction& transaction,
                       ExportDetail detail, std::ostream& out) {
  Json json = transaction_json(transaction);
  const std::vector<journal::Step> steps = records.steps(transaction.id);
  add_outage(product::outage_of({&steps, 1}), json);
  write(out, "transaction", std::move(json));
  if (detail == ExportDetail::kBrief) return;
  for (const journal::Step& step : steps) {
    Json row = step_json(step);
    row["transaction"] = transaction.id;
    write(out, "step", std::move(row));
  }
  write_events(records, transaction.id, out);
}

// The first line.
void write_journal(const journal::Records& records, const std::vector<std::string>& warnings,
                   std::ostream& out) {
  const auto newest = records.newest_transaction();
  const product::InstallationState state = product::installation_state_of(records);
  write(out, "journal",
        {{"export", kExportVersion},
         {"machine", newest ? Json(newest->machine_id) : Json()},
         {"boot", newest ? Json(newest->boot_id) : Json()},
         {"settled_version", text_or_null(state.settled_version)},
         {"install_folder", text_or_null(state.install_folder)},
         {"inconsistent", state.inconsistent},
         {"warnings", warnings}});
}

// A transaction's operation, unless a line before has it.
void write_operation(const journal::Records& records, const journal::Transaction& transaction,
                     std::int64_t& written, std::ostream& out) {
  const auto operation = records.find_operation(transaction.operation_id);
  if (!operation || operation->id <= written) return;
  written = operation->id;
  Json json = operation_json(*operation);
  add_outage(product::outage_of(records, transactions_together(records, *operation)), json);
  write(out, "operation", std::move(json));
}

}  // namespace

void export_ndjson(const journal::Reader& reader, ExportDetail detail, std::ostream& out) {
  write_journal(reader, reader.warnings(), out);
  std::int64_t operation_written = 0;
  for (auto transaction = reader.transaction_after(0); transaction;
       transaction = reader.transaction_after(transaction->id)) {
    write_operation(reader, *transaction, operation_written, out);
    write_transaction(reader, *transaction, detail, out);
  }
  if (detail == ExportDetail::kAll) write_events(reader, 0, out);
}

std::string newest_ndjson(const journal::Records& records, std::int64_t last,
                          std::size_t max_bytes) {
  std::ostringstream first;
  write_journal(records, {}, first);
  std::size_t size = first.str().size();
  std::map<std::int64_t, std::string> operations;  // the line of each, before its first transaction
  std::vector<std::string> lines;
  const std::vector<journal::Transaction> newest = records.newest_transactions("", false, last);
  for (const journal::Transaction& transaction : newest) {
    std::ostringstream of_operation;
    std::int64_t written = 0;
    if (!operations.contains(transaction.operation_id))
      write_operation(records, transaction, written, of_operation);
    std::ostringstream of_transaction;
    write_transaction(records, transaction, ExportDetail::kAll, of_transaction);
    size += of_operation.str().size() + of_transaction.str().size();
    if (size > max_bytes) break;
    operations.try_emplace(transaction.operation_id, of_operation.str());
    lines.push_back(of_transaction.str());
  }
  std::ostringstream out;
  out << first.str();
  for (std::size_t i = lines.size(); i-- > 0;) {
    std::string& operation = operations[newest[i].operation_id];
    out << operation << lines[i];
    operation.clear();
  }
  return out.str();
}

}  // namespace engine::support
