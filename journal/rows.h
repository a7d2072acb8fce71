#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "journal/records.h"
#include "journal/sqlite.h"

// Rows of the tables as records: shared by the writer (Journal) and the reader of copies (Reader).
// Only columns that this program knows are named, so that a journal of a newer schema reads too.
namespace journal {

// An open database and the path that messages name.
struct Source {
  const SQLite::Database& database;
  const std::string& path;
};

// The one value of a condition.
using Bound = std::variant<std::int64_t, std::string>;

// What follows "SELECT columns FROM table": "WHERE id = ?1", "ORDER BY id". All throw Failure.
std::vector<Operation> read_operations(const Source& source, const std::string& rest,
                                       const Bound& value = {});
std::optional<Operation> read_open_operation(const Source& source);
std::vector<Operation> read_updates_to(const Source& source, const std::string& package);
std::vector<Transaction> read_transactions(const Source& source, const std::string& rest,
                                           const Bound& value = {});
std::vector<Transaction> read_transactions_of(const Source& source, std::int64_t operation_id);
std::vector<Step> read_steps(const Source& source, std::int64_t transaction_id);
std::vector<Event> read_events(const Source& source, const std::string& rest, std::int64_t value);
std::vector<Owned> read_owned(const Source& source);
std::optional<std::string> read_meta(const Source& source, const std::string& key);

}  // namespace journal
