#include "engine/support/journal_facts.h"

#include <algorithm>
#include <string_view>

#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/reports/deferred.h"

namespace engine::support {

using errors::Failure;
using Json = nlohmann::json;
using journal::Transaction;

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<Failure> failure_of(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  return Failure::from_json(json);
}

std::optional<Failure> undo_failure_of(const Transaction& transaction,
                                       const std::vector<journal::Step>& steps) {
  if (auto failure = failure_of(transaction.undo_failure)) return failure;
  for (const journal::Step& step : steps) {
    if (step.state == journal::StepState::kUndoFailed) return failure_of(step.undo_error);
  }
  return std::nullopt;
}

std::optional<int> code_of(const Transaction& transaction) {
  if (!transaction.ended_at.empty()) return transaction.code;
  const auto cause = failure_of(transaction.cause);
  if (!cause) return std::nullopt;
  return static_cast<int>(cause->code());
}

bool is_failure(const Transaction& transaction) {
  const std::string_view ended = journal::outcome(transaction);
  return code_of(transaction).value_or(0) != 0 ||
         (ended != "committed" && ended != "recovered-after");
}

Transaction find(const journal::Records& records, std::int64_t id) {
  const auto transaction = records.find_transaction(id);
  if (!transaction) {
    throw Failure(errors::ExitCode::kUsage, "transaction " + std::to_string(id),
                  "find transaction " + std::to_string(id) + " in the journal")
        .advise("`ebpf-handler journal list` shows the transactions that the journal holds.");
  }
  return *transaction;
}

std::optional<journal::Operation> update_of(const journal::Records& records,
                                            const Transaction& transaction) {
  auto operation = records.find_operation(transaction.operation_id);
  if (operation && operation->kind != commands::kUpdateKind) operation.reset();
  return operation;
}

bool is_unfinished(const journal::Operation& update) {
  return update.state == journal::OperationState::kOpen ||
         update.state == journal::OperationState::kUndoing;
}

bool is_disable_before(const journal::Records& records, const Transaction& before,
                       const Transaction& first) {
  return before.id + 1 == first.id &&
         before.command == commands::row(commands::Command::kDisable).name &&
         before.operation_id != first.operation_id && !update_of(records, before);
}

std::vector<Transaction> transactions_together(const journal::Records& records,
                                               const journal::Operation& operation) {
  std::vector<Transaction> all = records.transactions_of(operation.id);
  std::reverse(all.begin(), all.end());
  if (operation.kind != commands::kUpdateKind || all.empty()) return all;
  const auto before = records.find_transaction(all.front().id - 1);
  if (before && is_disable_before(records, *before, all.front())) all.insert(all.begin(), *before);
  return all;
}

std::vector<Transaction> transactions_together(const journal::Records& records,
                                               const Transaction& transaction) {
  const auto update = update_of(records, transaction);
  if (!update) return {transaction};
  return transactions_together(records, *update);
}

const journal::Step* step_that_failed(const std::vector<journal::Step>& steps) {
  const auto found = std::find_if(steps.rbegin(), steps.rend(), [](const journal::Step& step) {
    return step.vital && step.error.is_object();
  });
  return found == steps.rend() ? nullptr : &*found;
}

std::string seconds_text(std::int64_t milliseconds) {
  constexpr std::int64_t kPerSecond = 1000;
  constexpr std::int64_t kPerTenth = 100;
  return std::to_string(milliseconds / kPerSecond) + "." +
         std::to_string(milliseconds % kPerSecond / kPerTenth);
}

std::string what_to_do(const Transaction& transaction, const std::optional<Failure>& cause,
                       const std::optional<Failure>& undo_failure) {
  const std::string_view ended = journal::outcome(transaction);
  const bool complained = transaction.code != 0;
  if ((ended == "committed" && !complained) || ended == "recovered-after") return "";
  if (ended == "inconsistent" && undo_failure)
    return "Mend the cause of the undo failure, then deploy the extension again, or uninstall it.";
  if (ended == "reboot-needed" && !complained)
    return std::string(reports::deferred_advice(transaction.command));
  if (ended == "reboot-needed")
    return "Restart the VM; the first command after it, or `ebpf-handler recover`, finishes the "
           "undo.";
  std::string advice = cause ? cause->advice() : "";
  if (ended != "open") return advice;
  return "If no command runs now: run `ebpf-handler recover`." + (cause ? " " + advice : "");
}

}  // namespace engine::support
