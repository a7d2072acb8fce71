#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "errors/failure.h"
#include "journal/records.h"
#include "json/json.h"

namespace engine::transaction {

// A best-effort step that failed and was undone alone.
struct GivenUp {
  std::string target;
  errors::Failure failure;
};

// How a transaction ended.
struct Outcome {
  std::int64_t transaction_id = 0;
  journal::TransactionState state = journal::TransactionState::kOpen;
  std::optional<errors::Failure> cause;
  std::optional<errors::Failure> undo_failure;
  std::optional<errors::Failure> complaint;  // the listener's; the transaction is committed
  // For people: foreign objects, warnings, what happens at the next boot.
  std::vector<std::string> notes;
  // The component status behind an undo that did not reach its end: the journal has no row for it
  // yet. Null: it reached its end, or had no time to look.
  nlohmann::json components;
  std::int64_t steps = 0;   // in the plan
  std::int64_t undone = 0;  // steps undone
};

}  // namespace engine::transaction
