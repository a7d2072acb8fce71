#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <utility>
#include <vector>

namespace lab {

// Changes rows of a journal as damage does: past its triggers and checks. The schema is as before.
inline void change_past_triggers(const std::string& path, const std::string& sql) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec("PRAGMA trusted_schema = ON; PRAGMA ignore_check_constraints = ON");
  std::vector<std::pair<std::string, std::string>> triggers;
  {
    SQLite::Statement row(database, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'");
    while (row.executeStep())
      triggers.emplace_back(row.getColumn(0).getString(), row.getColumn(1).getString());
  }
  for (const auto& [name, text] : triggers)
    database.exec("DROP TRIGGER " + name);
  database.exec(sql);
  for (const auto& [name, text] : triggers)
    database.exec(text);
}

}  // namespace lab
