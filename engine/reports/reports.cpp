#include "engine/reports/reports.h"

#include "actions/machine/host_files.h"
#include "actions/machine/system.h"
#include "engine/reports/status.h"
#include "text/time.h"

namespace engine::reports {

using errors::Failure;
using journal::TransactionState;

Unlogged Reports::unlogged(const journal::Records& journal) const {
  return reports::unlogged(journal, folders_.log);
}

void Reports::log(const Unlogged& unlogged) const {
  append_log(machine_.host(), unlogged, folders_.log);
}

void Reports::log_without_journal(const Failure& failure) const {
  reports::log_without_journal(machine_.host(), folders_.log, now(),
                               std::string(command_.name) + ": " + failure.message());
}

void Reports::status(const journal::Transaction& transaction) const {
  write_status(status_text(transaction));
}

void Reports::status_under_way(const journal::Transaction& transaction,
                               const std::string& progress) const {
  write_status(reports::status_under_way(transaction, progress));
}

void Reports::write_status(const std::string& text) const {
  if (!sequence_ || !command_.writes_status) return;
  machine_.host().replace(status_path(folders_.status, *sequence_), text, folders_.status);
}

void Reports::status_without_journal(const Failure& failure,
                                     const std::optional<Failure>& undo_failure,
                                     const nlohmann::json& components) const {
  journal::Transaction transaction;
  transaction.command = command_.name;
  transaction.state = undo_failure ? TransactionState::kUndoing : TransactionState::kRefused;
  transaction.started_at = now();
  transaction.code = static_cast<int>(failure.code());
  transaction.cause = failure.to_json();
  if (undo_failure) transaction.undo_failure = undo_failure->to_json();
  transaction.result = components;
  status(transaction);
}

std::string Reports::now() const { return text::utc_text(machine_.system().utc_ms()); }

}  // namespace engine::reports
