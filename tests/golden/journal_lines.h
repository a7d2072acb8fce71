#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/golden/lines.h"

namespace golden {

// All rows of a journal, as one of schema 1 has them, values as SQL literals, so that a JSON column
// stays the exact text that it is:
//   "event 0012 = 3, 'info', 'enable begins: 9 steps'"    columns that never change, together
//   "step 0003/07 state = 'armed'"                         columns that do, one by one; NULL: none
//   "sequence txn = 3"                                     the last id given
// Also of a copy with a -wal beside it. Empty where the file has no tables yet.
Lines journal_lines(const std::filesystem::path& database);

// Makes a journal of those lines, ids and all. The triggers are the journal's law for programs, and
// are away meanwhile.
void write_journal(const std::filesystem::path& path, const Lines& lines);

// What the lines say of each step, in the order of transactions and positions.
struct StepFact {
  std::string key;  // "0003/07"
  std::string transaction;
  std::string kind;
  std::string state;
  bool vital = true;
};
std::vector<StepFact> step_facts(const Lines& lines);
// The text of a column, without its quotes: column(lines, "txn", "0003", "state"). "" for NULL.
std::string column(const Lines& lines, const std::string& table, const std::string& key,
                   const std::string& name);

}  // namespace golden
