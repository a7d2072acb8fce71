#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "errors/failure.h"
#include "journal/records.h"

namespace engine::transaction {

// A best-effort step that failed and was undone alone.
struct GivenUp {
  std::string target;
  errors::Failure failure;
};

// What became of a transaction.
struct Outcome {
  std::int64_t transaction_id = 0;
  journal::TransactionState state = journal::TransactionState::kOpen;
  std::optional<errors::Failure> cause;
  std::optional<errors::Failure> undo_failure;
  std::optional<errors::Failure> complaint;  // of the listener: committed all the same
  std::vector<std::string>
      notes;               // for people: foreign objects, warnings, what happens at the next boot
  std::int64_t steps = 0;  // of the plan
  std::int64_t undone = 0;
};

}  // namespace engine::transaction
