#include "engine/support/rebuild.h"

#include <map>

#include "engine/commands/commands.h"
#include "engine/reports/log.h"
#include "engine/reports/status.h"
#include "engine/support/journal_facts.h"
#include "errors/failure.h"

namespace engine::support {
namespace {

using errors::ExitCode;
using errors::Failure;
using journal::OperationState;
using journal::Transaction;
using journal::TransactionState;

bool writes_status(const Transaction& transaction) {
  const auto command = commands::command_from(transaction.command);
  return command && commands::row(*command).writes_status && transaction.sequence_number;
}

// A refused command that undid its update reported how that ended.
TransactionState reported_state(const journal::Records& records, const Transaction& transaction) {
  const auto update = update_of(records, transaction);
  const bool undid = transaction.state == TransactionState::kRefused && update &&
                     update->failed_command == transaction.command;
  if (!undid || !update->state) return *transaction.state;
  switch (*update->state) {
    case OperationState::kUndone:
      return TransactionState::kUndone;
    case OperationState::kRebootNeeded:
      return TransactionState::kRebootNeeded;
    case OperationState::kUndoing:
    case OperationState::kInconsistent:
      return TransactionState::kUndoing;
    default:
      return *transaction.state;
  }
}

}  // namespace

std::optional<StatusFile> status_of(const journal::Records& records,
                                    const Transaction& transaction) {
  if (!writes_status(transaction) || !transaction.state) return std::nullopt;
  Transaction reported = transaction;
  reported.state = reported_state(records, transaction);
  StatusFile file;
  file.sequence = *transaction.sequence_number;
  file.text = transaction.state == TransactionState::kOpen ? reports::status_under_way(reported, "")
                                                           : reports::status_text(reported);
  file.ended_otherwise = transaction.recovered || transaction.ended_at.empty();
  return file;
}

std::vector<StatusFile> status_files(const journal::Records& records) {
  std::map<std::int64_t, StatusFile> newest;
  for (auto at = records.transaction_after(0); at; at = records.transaction_after(at->id)) {
    if (auto file = status_of(records, *at)) newest[file->sequence] = std::move(*file);
  }
  std::vector<StatusFile> files;
  for (auto& [sequence, file] : newest)
    files.push_back(std::move(file));
  return files;
}

std::vector<std::string> rebuild(const journal::Records& records, machine::HostFiles& host,
                                 const std::string& folder) {
  host.create_folder(folder);
  const std::vector<StatusFile> statuses = status_files(records);
  std::vector<std::string> names{"ebpf_handler.log"};
  for (const StatusFile& status : statuses)
    names.push_back(std::to_string(status.sequence) + ".status");
  for (const std::string& name : names) {
    if (!host.stat(folder + "/" + name)) continue;
    throw Failure(ExitCode::kUsage, folder + "/" + name, "make " + name + " anew: it is there")
        .advise("Give --out a folder of its own.");
  }
  reports::append_log(host, reports::unlogged(records, folder), folder);
  for (const StatusFile& status : statuses)
    host.replace(reports::status_path(folder, status.sequence), status.text, folder);
  return names;
}

}  // namespace engine::support
