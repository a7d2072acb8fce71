#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/golden/lines.h"

namespace golden {

// What the golden files have cases of, read from the files alone.
struct Coverage {
  // By kind and state of a step in a transaction that is not finished, or whose operation is being
  // undone: how many cases. States: kStepStates.
  std::map<std::string, std::map<std::string, int>> steps;
  std::map<std::string, std::map<std::string, int>> by_hand;  // not by the program
  std::map<std::string, int> transactions;                    // by state
  std::map<std::string, int> operations;
  std::map<std::string, int> meta;  // by key
  std::map<std::string, int> situations;
  int cases = 0;
  int lives = 0;
};

// Of an armed step: how far its apply came. The machine, not the journal, says so.
inline const std::vector<std::string> kStepStates{
    "armed-before", "armed-middle", "armed-after", "done", "failed", "undone", "undo-failed"};
const std::vector<std::string>& situations();

Coverage coverage();

}  // namespace golden
