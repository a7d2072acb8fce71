#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "tests/lab/camera.h"

namespace world {

// The states of the journal's newest operation and transaction: "open/undoing". "none" where it has
// no transaction, "unreadable" where nobody can read it.
std::string journal_state(const std::filesystem::path& journal);

// Tells the states of the journal in photographs, reading it anew only where it has changed.
class JournalStates {
 public:
  explicit JournalStates(std::filesystem::path journal) : journal_(std::move(journal)) {}
  const std::string& of(const lab::Photograph& photograph);

 private:
  std::filesystem::path journal_;
  std::map<std::string, lab::Bytes> last_;  // by suffix: "", "-wal"
  std::string state_ = "none";
};

}  // namespace world
