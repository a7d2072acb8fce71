#pragma once

#include <cstdint>
#include <optional>

#include "actions/machine/machine.h"
#include "engine/commands.h"
#include "engine/environment.h"
#include "errors/failure.h"
#include "journal/journal.h"

namespace engine {

// The VM Agent's files: status and log, both projections of the journal. Each function throws
// Failure where its file cannot be written; no report changes how a command ended.
class Reports {
 public:
  // `sequence`: nullopt writes no status.
  Reports(machine::Machine& machine, const CommandRow& command, HandlerEnvironment environment,
          std::optional<std::int64_t> sequence)
      : machine_(machine),
        command_(command),
        environment_(std::move(environment)),
        sequence_(sequence) {}

  void log(journal::Journal& journal) const;
  // For a failure that no journal holds.
  void log_without_journal(const errors::Failure& failure) const;
  // Does nothing for a command that writes none.
  void status(const journal::Transaction& transaction, bool transitioning = false) const;
  void status_without_journal(const errors::Failure& failure,
                              const std::optional<errors::Failure>& undo_failure) const;

 private:
  std::string now() const;

  machine::Machine& machine_;
  const CommandRow& command_;
  HandlerEnvironment environment_;
  std::optional<std::int64_t> sequence_;
};

}  // namespace engine
