#include "engine/reports/status.h"

#include "engine/reports/printed.h"
#include "errors/failure.h"
#include "text/bounded.h"
#include "text/sentence.h"

namespace engine::reports {
namespace {

using Json = nlohmann::json;
using journal::TransactionState;

constexpr std::size_t kMaxMessage = 1000;  // the VM Agent cuts at 1024 where a file is too large
constexpr std::size_t kMaxSubstatus = 2000;

Json message(const std::string& text, std::size_t limit) {
  return {{"lang", "en-US"}, {"message", text::bounded(text, limit)}};
}

Json substatus(const Json& result) {
  Json rows = Json::array();
  if (!result.is_array()) return rows;
  for (const Json& found : result) {
    rows.push_back({{"name", found.value("name", "")},
                    {"status", found.value("status", "error")},
                    {"code", found.value("code", std::int64_t{0})},
                    {"formattedMessage", message(found.value("message", ""), kMaxSubstatus)}});
  }
  return rows;
}

std::string past(const std::string& command) {
  if (command == "install") return "installed";
  if (command == "uninstall") return "uninstalled";
  return command + "d";
}

std::string version_behind(const journal::Transaction& transaction) {
  return transaction.payload_version.empty() ? "" : " " + transaction.payload_version;
}

std::string under_way(const journal::Transaction& transaction, const std::string& progress) {
  return transaction.command + " of eBPF" + version_behind(transaction) + " is under way" +
         (progress.empty() ? "" : ": " + progress) + ".";
}

struct Told {
  const char* status;
  int code;
  std::string sentence;
};

std::string status_of(const journal::Transaction& transaction, const Told& told) {
  const std::string at =
      transaction.ended_at.empty() ? transaction.started_at : transaction.ended_at;
  const Json json = Json::array({{{"version", "1.0"},
                                  {"timestampUTC", at},
                                  {"status",
                                   {{"name", "EbpfForWindows"},
                                    {"operation", "Enable"},
                                    {"configurationAppliedTime", at},
                                    {"status", told.status},
                                    {"code", told.code},
                                    {"formattedMessage", message(told.sentence, kMaxMessage)},
                                    {"substatus", substatus(transaction.result)}}}}});
  return printed(json);
}

}  // namespace

std::string sentence(const journal::Transaction& transaction) {
  const std::string version = version_behind(transaction);
  if (transaction.state == TransactionState::kCommitted && transaction.code != 0) {
    const auto complaint = errors::Failure::from_json(transaction.cause);
    return "eBPF" + version + " is " + past(transaction.command) +
           " and nothing was undone, but the exit code is " + std::to_string(transaction.code) +
           ": " + text::sentence(complaint.message()) + " " + complaint.advice();
  }
  if (transaction.state == TransactionState::kCommitted)
    return "eBPF" + version + " is " + past(transaction.command) + ".";
  if (transaction.state == TransactionState::kOpen) return under_way(transaction, "");
  const auto cause = errors::Failure::from_json(transaction.cause.is_object() ? transaction.cause
                                                                              : Json::object());
  std::string text = text::sentence(cause.message()) + " ";
  if (transaction.state == TransactionState::kRefused) text += "Nothing was changed. ";
  if (transaction.state == TransactionState::kUndone) {
    text += transaction.undo_failure.is_object()
                ? "All else was undone. "
                : "All was undone: the machine is as it was before. ";
  }
  if (transaction.state == TransactionState::kUndoing)
    text += "The undo did not reach its end; the next command goes on with it. ";
  if (transaction.state == TransactionState::kRebootNeeded)
    text += "Restart the VM; the first command after it finishes the undo. ";
  if (transaction.state == TransactionState::kInconsistent)
    text += "The undo failed again and again: see `ebpf-handler journal list`. ";
  if (transaction.undo_failure.is_object()) {
    text += "Undo failure: " +
            text::sentence(errors::Failure::from_json(transaction.undo_failure).message()) + " ";
  }
  return text + cause.advice();
}

std::string status_path(const std::string& status_folder, std::int64_t sequence_number) {
  return status_folder + "/" + std::to_string(sequence_number) + ".status";
}

std::string status_text(const journal::Transaction& transaction) {
  const bool success = transaction.state == TransactionState::kCommitted && transaction.code == 0;
  return status_of(transaction, {success ? "success" : "error", success ? 0 : transaction.code,
                                 sentence(transaction)});
}

std::string status_under_way(const journal::Transaction& transaction, const std::string& progress) {
  return status_of(transaction, {"transitioning", 0, under_way(transaction, progress)});
}

}  // namespace engine::reports
