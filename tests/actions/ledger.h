#pragma once

#include <string>

namespace actions::testing {

// What one scenario was taken through in one way. `before`, `after` and `inside` count the points
// of its calls; every one of them is covered by a case.
struct Entry {
  std::string way;  // "apply killed, undone"
  int calls = 0;
  int before = 0;
  int after = 0;
  int inside = 0;
  int machines = 0;  // that differ
  int cases = 0;     // lives of these machines
  double seconds = 0;
};

// A process that has run more than one scenario prints all entries at its end, as a table with a
// line for each way.
void enter(const Entry& entry);

}  // namespace actions::testing
