#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "actions/machine/machine.h"
#include "engine/commands/commands.h"
#include "engine/reports/log.h"
#include "errors/failure.h"
#include "journal/journal.h"
#include "json/json.h"

namespace engine::reports {

// The folders in which the VM Agent expects the reports; host paths.
struct ReportFolders {
  std::string log;
  std::string status;  // "": there is none
  std::string events;  // "": there is none
};

// The VM Agent's files: status and log, both projections of the journal. Each function throws
// Failure if its file cannot be written; no report changes how a command ended.
class Reports {
 public:
  // `sequence`: the sequence number; nullopt: no status is written.
  Reports(machine::Machine& machine, const commands::CommandRow& command, ReportFolders folders,
          std::optional<std::int64_t> sequence)
      : machine_(machine), command_(command), folders_(std::move(folders)), sequence_(sequence) {}

  Unlogged unlogged(const journal::Records& journal) const;
  void log(const Unlogged& unlogged) const;
  // Logs a failure that no journal holds.
  void log_without_journal(const errors::Failure& failure) const;
  // Both do nothing for a command that writes no status. `progress`: a phrase; "" at the beginning.
  void status(const journal::Transaction& transaction) const;
  void status_under_way(const journal::Transaction& transaction, const std::string& progress) const;
  // `components`: the component status; null: it is not known.
  void status_without_journal(const errors::Failure& failure,
                              const std::optional<errors::Failure>& undo_failure,
                              const nlohmann::json& components) const;

  const ReportFolders& folders() const { return folders_; }

 private:
  std::string now() const;
  void write_status(const std::string& text) const;

  machine::Machine& machine_;
  const commands::CommandRow& command_;
  ReportFolders folders_;
  std::optional<std::int64_t> sequence_;
};

}  // namespace engine::reports
