#pragma once

#include <string>

#include "journal/sqlite.h"

// Where Records (records.h) reads. Only columns that this program knows are named, so that a
// journal of a newer schema reads too.
namespace journal {

// An open database and the path that messages name.
struct Source {
  const SQLite::Database& database;
  const std::string& path;
  int schema;  // of the file: a copy may be of an earlier one
};

}  // namespace journal
