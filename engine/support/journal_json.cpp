#include "engine/support/journal_json.h"

#include "engine/support/journal_facts.h"

namespace engine::support {

using Json = nlohmann::json;

std::string state_text(const std::optional<journal::StepState>& state) {
  return state ? std::string(journal::to_text(*state)) : "unknown";
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

void add_outage(const product::Outage& outage, Json& json) {
  json["ebpf_down_ms"] = outage.ebpf.ms;
  json["ebpf_down_since"] = text_or_null(outage.ebpf.since);
  json["proxy_down_ms"] = outage.proxy.ms;
  json["proxy_down_since"] = text_or_null(outage.proxy.since);
}

Json header_json(const journal::Transaction& transaction) {
  const auto code = code_of(transaction);
  Json json{{"id", transaction.id},
            {"operation", transaction.operation_id},
            {"command", transaction.command},
            {"version", transaction.payload_version},
            {"handler", transaction.program_version},
            {"outcome", journal::outcome(transaction)},
            {"code", code ? Json(*code) : Json()},
            {"started", transaction.started_at},
            {"ended", text_or_null(transaction.ended_at)},
            {"duration_ms", transaction.duration_ms},
            {"cause", transaction.cause},
            {"undo_failure", transaction.undo_failure}};
  json["sequence_number"] =
      transaction.sequence_number ? Json(*transaction.sequence_number) : Json();
  return json;
}

Json transaction_json(const journal::Transaction& transaction) {
  Json json = header_json(transaction);
  json["process_id"] = transaction.process_id;
  json["boot_id"] = transaction.boot_id;
  json["components"] = transaction.result;
  return json;
}

Json step_json(const journal::Step& step) {
  return {{"position", step.position},
          {"kind", step.kind},
          {"target", step.target},
          {"sentence", step.sentence},
          {"vital", step.vital},
          {"state", state_text(step.state)},
          {"parameters", step.parameters},
          {"before", step.before},
          {"after", step.after},
          {"error", step.error},
          {"undo_error", step.undo_error},
          {"foreign", step.foreign},
          {"duration_ms", step.duration_ms}};
}

Json event_json(const journal::Event& event) {
  return {{"at", event.at}, {"level", journal::to_text(event.level)}, {"text", event.text}};
}

Json events_json(const journal::Records& records, std::int64_t transaction_id) {
  Json rows = Json::array();
  for (const journal::Event& event : records.events(transaction_id))
    rows.push_back(event_json(event));
  return rows;
}

Json operation_json(const journal::Operation& operation) {
  return {{"id", operation.id},
          {"kind", operation.kind},
          {"state", operation.state ? Json(journal::to_text(*operation.state)) : Json("unknown")},
          {"from_version", text_or_null(operation.from_version)},
          {"to_version", text_or_null(operation.to_version)},
          {"handler", text_or_null(operation.handler)},
          {"opened", operation.opened_at},
          {"settled", text_or_null(operation.settled_at)},
          {"failed_command", text_or_null(operation.failed_command)},
          {"cause", operation.cause}};
}

}  // namespace engine::support
