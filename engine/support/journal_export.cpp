#include "engine/support/journal_export.h"

#include <ostream>
#include <string_view>

#include "engine/product/installation_state.h"
#include "engine/product/outage.h"
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

void write_events(const journal::Reader& reader, std::int64_t transaction_id, std::ostream& out) {
  for (const journal::Event& event : reader.events(transaction_id)) {
    Json json = event_json(event);
    json["transaction"] = transaction_id == 0 ? Json() : Json(transaction_id);
    write(out, "event", std::move(json));
  }
}

void write_transaction(const journal::Reader& reader, const journal::Transaction& transaction,
                       std::ostream& out) {
  Json json = transaction_json(transaction);
  const product::Outage outage = product::outage_of(reader, {&transaction, 1});
  json["ebpf_down_ms"] = outage.ebpf.ms;
  json["proxy_down_ms"] = outage.proxy.ms;
  write(out, "transaction", std::move(json));
  for (const journal::Step& step : reader.steps(transaction.id)) {
    Json row = step_json(step);
    row["transaction"] = transaction.id;
    write(out, "step", std::move(row));
  }
  write_events(reader, transaction.id, out);
}

}  // namespace

void export_ndjson(const journal::Reader& reader, std::ostream& out) {
  const auto newest = reader.newest_transaction();
  const product::InstallationState state = product::installation_state_of(reader);
  write(out, "journal",
        {{"export", kExportVersion},
         {"machine", newest ? Json(newest->machine_id) : Json()},
         {"boot", newest ? Json(newest->boot_id) : Json()},
         {"settled_version", text_or_null(state.settled_version)},
         {"install_folder", text_or_null(state.install_folder)},
         {"inconsistent", state.inconsistent},
         {"warnings", reader.warnings()}});
  std::int64_t operation_written = 0;
  for (auto transaction = reader.transaction_after(0); transaction;
       transaction = reader.transaction_after(transaction->id)) {
    const auto operation = reader.find_operation(transaction->operation_id);
    if (operation && operation->id > operation_written) {
      operation_written = operation->id;
      write(out, "operation", operation_json(*operation));
    }
    write_transaction(reader, *transaction, out);
  }
  write_events(reader, 0, out);
}

}  // namespace engine::support
