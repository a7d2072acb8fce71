#include "engine/support/events_folder.h"

#include <algorithm>
#include <vector>

#include "engine/product/installation_state.h"
#include "engine/product/outage.h"
#include "engine/support/journal_facts.h"
#include "engine/support/journal_json.h"
#include "errors/exit_code.h"
#include "text/bounded.h"

namespace engine::support {
namespace {

using Json = nlohmann::json;
using errors::Failure;
using journal::Transaction;

constexpr std::size_t kMostOfText = 400;  // bytes
constexpr std::size_t kMostOfMessage = 3000;

std::string compact(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Without context and advice: for counting, not for reading. They leave the VM: nothing of the text
// that names who can write into a folder.
Json cause_json(const std::optional<Failure>& failure) {
  if (!failure) return nullptr;
  Json json{{"object", text::bounded(failure->object(), kMostOfText)}};
  if (failure->code() != errors::ExitCode::kUnsafeFolder)
    json["text"] = text::bounded(failure->message(), kMostOfText);
  if (failure->system()) {
    json["api"] = failure->system()->api;
    json["system_code"] = failure->system()->code;
  }
  return json;
}

std::string name_of(int code) {
  const auto known = errors::exit_code_from_number(code);
  return known ? std::string(errors::exit_code_row(*known).name) : "unknown";
}

Json failed_step_json(const std::vector<journal::Step>& steps) {
  const journal::Step* step = step_that_failed(steps);
  if (step == nullptr) return nullptr;
  return {{"kind", step->kind}, {"target", text::bounded(step->target, kMostOfText)}};
}

// Texts that escapes made too long go, what is counted stays.
std::string message_text(Json message) {
  std::string text = compact(message);
  if (text.size() <= kMostOfMessage) return text;
  for (const char* key : {"cause", "step"}) {
    if (message[key].is_object())
      for (const char* part : {"object", "text", "target"})
        message[key].erase(part);
  }
  return compact(message);
}

struct Head {
  std::string at;
  std::string command;
  std::string level;
  std::string operation;
};

Json event(const Head& head, Json message, const EventSource& source) {
  message["schema"] = kEventsVersion;
  return {{"Version", source.handler_version},
          {"Timestamp", head.at},
          {"TaskName", head.command},
          {"EventLevel", head.level},
          {"Message", message_text(std::move(message))},
          {"EventPid", std::to_string(source.process_id)},
          {"EventTid", std::to_string(source.process_id)},
          {"OperationId", head.operation}};
}

std::string kind_of(const Transaction& transaction) {
  if (transaction.state == journal::TransactionState::kRefused) return "refusal";
  return transaction.recovered ? "recovery" : "transaction";
}

void add_operation(const journal::Records& records, const Transaction& transaction, Json& message) {
  const auto update = update_of(records, transaction);
  message["from"] = update ? text_or_null(update->from_version) : Json();
  message["to"] = update ? text_or_null(update->to_version) : Json();
  message["failed_command"] = update ? text_or_null(update->failed_command) : Json();
  message["operation_state"] =
      update && update->state ? Json(journal::to_text(*update->state)) : Json();
  add_outage(product::outage_of(records, transactions_together(records, transaction)), message);
}

// An operation's id begins at 1 again in a new journal: with its time it is the machine's own.
std::string operation_name(const journal::Records& records, const Transaction& transaction) {
  const auto operation = records.find_operation(transaction.operation_id);
  if (!operation) return transaction.started_at + "-t" + std::to_string(transaction.id);
  return operation->opened_at + "-" + std::to_string(operation->id);
}

}  // namespace

Json events_of(const journal::Records& records, const Transaction& transaction,
               const EventSource& source) {
  Json events = Json::array();
  const auto cause = failure_of(transaction.cause);
  if (transaction.ended_at.empty() && !cause) return events;
  const std::vector<journal::Step> steps = records.steps(transaction.id);
  const product::InstallationState state = product::installation_state_of(records);
  Json message = header_json(transaction);
  const int code = code_of(transaction).value_or(0);
  message.erase("undo_failure");
  message.erase("sequence_number");
  message["event"] = kind_of(transaction);
  message["name"] = name_of(code);
  message["settled_version"] = text_or_null(state.settled_version);
  message["inconsistent"] = state.inconsistent;
  message["step"] = failed_step_json(steps);
  message["cause"] = cause_json(cause);
  add_operation(records, transaction, message);
  Head head{transaction.ended_at.empty() ? transaction.started_at : transaction.ended_at,
            transaction.command, code == 0 ? "Informational" : "Error",
            operation_name(records, transaction)};
  if (code == 0 && transaction.recovered) head.level = "Warning";
  events.push_back(event(head, message, source));
  if (const auto undo_failure = undo_failure_of(transaction, steps)) {
    message["event"] = "undo-failure";
    message["cause"] = cause_json(undo_failure);
    head.level = "Error";
    events.push_back(event(head, std::move(message), source));
  }
  return events;
}

Json event_without_journal(std::string_view command, const Failure& failure, const std::string& at,
                           const EventSource& source) {
  const int code = static_cast<int>(failure.code());
  const Json message{{"event", "refusal"},   {"command", command},
                     {"code", code},         {"name", name_of(code)},
                     {"outcome", "refused"}, {"started", at},
                     {"ended", at},          {"handler", source.handler_version},
                     {"step", nullptr},      {"cause", cause_json(failure)}};
  return event({at, std::string(command), "Error", at}, message, source);
}

void write_events(machine::HostFiles& host, const std::string& folder, const std::string& scratch,
                  std::int64_t utc_ms, const Json& events) {
  if (events.empty() || folder.empty() || !host.stat(folder)) return;
  const std::vector<std::string> there = host.list(folder);
  if (there.size() >= kMostFiles) return;
  std::int64_t number = utc_ms;
  const auto name = [&number] { return std::to_string(number) + ".json"; };
  while (std::binary_search(there.begin(), there.end(), name()))
    ++number;
  host.replace(folder + "/" + name(), compact(events), scratch);
}

}  // namespace engine::support
