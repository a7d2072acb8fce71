#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "errors/failure.h"

namespace journal {

// The one place where SQLite's answers become Failures. SQLITE_FULL, and I/O errors for want of
// space: kDiskFull; SQLITE_BUSY (another program, say a shell, holds the database): kBusy; all
// else: kJournalUnusable. `object`: the journal's path, or "step 3 of transaction 7".
errors::Failure sqlite_failure(const SQLite::Exception& error, sqlite3* handle, std::string api,
                               std::string object, std::string tried);

// Returns true for an answer that means "this file is not, or no longer, a sound database".
bool means_damage(const SQLite::Exception& error);

// A value to bind; nullopt: NULL.
using Value = std::optional<std::string>;

inline void bind_value(SQLite::Statement& statement, int index, const Value& value) {
  if (value) {
    statement.bind(index, *value);
  } else {
    statement.bind(index);
  }
}
inline void bind_value(SQLite::Statement& statement, int index, const std::string& value) {
  statement.bind(index, value);
}
inline void bind_value(SQLite::Statement& statement, int index, std::int64_t value) {
  statement.bind(index, value);
}
inline void bind_value(SQLite::Statement& statement, int index,
                       const std::optional<std::int64_t>& value) {
  if (value) {
    statement.bind(index, *value);
  } else {
    statement.bind(index);
  }
}

// Binds `values` to ?1, ?2 ... Throws SQLite::Exception.
template <typename... Values>
void bind_values(SQLite::Statement& statement, const Values&... values) {
  int index = 0;
  (bind_value(statement, ++index, values), ...);
}

// Lets this connection parse our schema: SQLite 3.40 by mistake takes its own json_valid(), which
// the CHECKs use, for unsafe. That costs no safety: we have no functions and no extensions that the
// schema of a strange file could call. Throws SQLite::Exception.
void trust_schema(const SQLite::Database& database);

// Returns the first column of the first row, or "". Throws SQLite::Exception.
std::string first_text(const SQLite::Database& database, const std::string& sql);

// Returns the number at the beginning of a text of SQLite's, or 0.
int integer(const std::string& text);

}  // namespace journal
