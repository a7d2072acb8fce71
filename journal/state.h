#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "journal/rows.h"
#include "journal/sqlite.h"
#include "text/time.h"

namespace journal {

inline constexpr int kBusyMs = 2000;  // a reader that recovers the WAL holds us up for moments

// The parts of an open journal. Poisoned: a commit failed, so that SQLite's memory may differ from
// the disk; every further use is refused, and closing leaves the files alone.
struct Journal::State {
  OpenOptions options;
  std::unique_ptr<SQLite::Database> database;
  std::string set_aside;
  std::vector<std::string> notes;
  bool commit_under_way = false;
  bool poisoned = false;

  State(OpenOptions open_options, std::unique_ptr<SQLite::Database> open_database);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  std::string now() const { return text::utc_text(options.utc_ms()); }

  // The source for reading. Throws kJournalUnusable if the journal is poisoned.
  Source source() const;

  // Runs one statement with `values` bound to ?1 ...; returns how many rows it changed. A Failure
  // names `object` and `tried`.
  template <typename... Values>
  int run(const std::string& object, const std::string& tried, const std::string& sql,
          const Values&... values) {
    refuse_poisoned();
    const char* api = "sqlite3_prepare_v2";
    try {
      SQLite::Statement& statement = prepared(sql);
      bind_values(statement, values...);
      api = "sqlite3_step";
      return statement.exec();
    } catch (const SQLite::Exception& error) {
      fail(error, api, object, tried);
    }
  }

  // Returns the first column of every row, as text.
  std::vector<std::string> column(const std::string& sql) const;

  // Runs all statements of a schema file.
  void run_script(const std::string& name, const std::string& sql);

 private:
  // By their text, each prepared once: a command writes the same few rows for each of its steps,
  // and preparing one, with the triggers that it sets off, takes longer than running it.
  std::map<std::string, SQLite::Statement> statements_;

  void refuse_poisoned() const;
  // The statement of `sql`, ready to run. Throws SQLite::Exception.
  SQLite::Statement& prepared(const std::string& sql);
  // Throws; poisons if SQLite has given the transaction up by itself (full disk, I/O error).
  [[noreturn]] void fail(const SQLite::Exception& error, const char* api, const std::string& object,
                         const std::string& tried);
};

}  // namespace journal
