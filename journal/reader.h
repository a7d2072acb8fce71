#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/records.h"

namespace journal {

// Reads a journal and changes nothing: no lock, no recovery, no -shm left behind. Also a file
// copied from another machine, of any OS, in a read-only folder: opened with immutable=1 where no
// -wal lies beside it, else through a private copy of both in a temporary folder.
class Reader final : public Records {
 public:
  // A copy may have been taken without its -wal; where the journal lives, all commits are in what
  // lies there.
  enum class Place { kCopy, kWhereItLives };

  // Throws kJournalUnusable (missing, not a journal) or kJournalTooNew naming the path.
  explicit Reader(const std::string& native_path, Place place = Place::kCopy);
  ~Reader() override;

  // Sentences for the reader of the journal, e.g. that the last commits may be missing (a copy
  // without a -wal beside it: a process that ended by itself leaves none, one that was killed
  // does).
  const std::vector<std::string>& warnings() const;

 private:
  std::optional<Source> source() const override;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace journal
