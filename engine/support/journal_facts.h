#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "errors/failure.h"
#include "journal/records.h"
#include "json/json.h"

namespace engine::support {

// What the readers of the journal (list, show, explain, export, events) tell of a transaction.

// A text of a JSON object; "" where it has none by that name.
std::string text_in(const nlohmann::json& object, const char* key);

// Of a column that holds a failure; nullopt: none.
std::optional<errors::Failure> failure_of(const nlohmann::json& json);

// The transaction's undo failure, else that of the first step whose undo failed.
std::optional<errors::Failure> undo_failure_of(const journal::Transaction& transaction,
                                               const std::vector<journal::Step>& steps);

// The code that the command ends with. Of a transaction that has not ended: that of its cause, with
// which its command has exited already; nullopt: there is none yet.
std::optional<int> code_of(const journal::Transaction& transaction);

// Whether it ended with a code, did not commit, or has not ended.
bool is_failure(const journal::Transaction& transaction);

// Throws kUsage for an id that the journal does not hold.
journal::Transaction find(const journal::Records& records, std::int64_t id);

// The update that a transaction is part of; nullopt: none.
std::optional<journal::Operation> update_of(const journal::Records& records,
                                            const journal::Transaction& transaction);
bool is_unfinished(const journal::Operation& update);

// Whether `before` is the disable before an update that begins with `first`: no part of it, but the
// update takes over what it stopped.
bool is_disable_before(const journal::Records& records, const journal::Transaction& before,
                       const journal::Transaction& first);
// The transactions of an operation, an update's with the disable before it; oldest first.
std::vector<journal::Transaction> transactions_together(const journal::Records& records,
                                                        const journal::Operation& operation);
// Those of the update that a transaction is part of; that transaction alone where it is of none.
std::vector<journal::Transaction> transactions_together(const journal::Records& records,
                                                        const journal::Transaction& transaction);

// The step whose failure ended a transaction's way forward; nullptr: none failed.
const journal::Step* step_that_failed(const std::vector<journal::Step>& steps);

std::string seconds_text(std::int64_t milliseconds);  // "1.2"

// Sentences for people; "": nothing.
std::string what_to_do(const journal::Transaction& transaction,
                       const std::optional<errors::Failure>& cause,
                       const std::optional<errors::Failure>& undo_failure);

}  // namespace engine::support
