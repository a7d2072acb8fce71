#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/records.h"

namespace journal {

// Reads a journal and changes nothing: no lock, no recovery, no -shm left behind. It also reads a
// file copied from another machine, of any OS, in a read-only folder. It opens a file without a
// -wal with immutable=1; with a -wal, it opens a private copy of both in a temporary folder.
class Reader final : public Records {
 public:
  // A copy may have been taken without its -wal; in the journal's own place all commits are there.
  enum class Place { kCopy, kWhereItLives };

  // Throws kJournalUnusable (missing, not a journal) or kJournalTooNew naming the path.
  explicit Reader(const std::string& native_path, Place place = Place::kCopy);
  ~Reader() override;

  // Sentences for people, e.g. that the last commits may be missing from a copy without a -wal (a
  // process that ended by itself leaves no -wal, a killed process leaves one).
  const std::vector<std::string>& warnings() const;

 private:
  std::optional<Source> source() const override;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace journal
