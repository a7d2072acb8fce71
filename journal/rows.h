#pragma once

#include <cstdint>
#include <string>

#include "journal/sqlite.h"

// The database that Records (records.h) reads. Its queries name only columns that this program
// knows, so that it reads a journal of a newer schema too.
namespace journal {

// An open database and the path that messages name.
struct Source {
  const SQLite::Database& database;
  const std::string& path;
  int schema;                   // the file's: a copy may have an earlier one
  std::int64_t most_bytes = 0;  // that the rows of one query may have; 0: any number
};

}  // namespace journal
