#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/records.h"

namespace journal {

// Reads a journal and changes nothing: no lock, no recovery, no -shm left behind. It also reads a
// file copied from another machine, of any OS, in a read-only folder. It opens a file without a
// -wal with immutable=1; with a -wal, it opens a private copy of both in a temporary folder.
//
// The file may come from anywhere, so that each query has limits: kMostSeconds, kMostBytes of rows,
// kMostOfCell of one value; a table that is a view is refused. Beyond one: kJournalUnusable.
class Reader final : public Records {
 public:
  // A copy may have been taken without its -wal; in the journal's own place all commits are there.
  enum class Place { kCopy, kWhereItLives };
  // kOnce: for some queries, behind which is_overtaken() is asked. kWhole: for reading all of it,
  // which takes a while: where the journal lives, from a private copy.
  enum class Use { kOnce, kWhole };

  static constexpr int kMostSeconds = 30;
  static constexpr std::int64_t kMostBytes = 256LL * 1024 * 1024;
  static constexpr int kMostOfCell = 16 * 1024 * 1024;

  // Throws kJournalUnusable (missing, not a journal) or kJournalTooNew naming the path.
  explicit Reader(const std::string& native_path, Place place = Place::kCopy, Use use = Use::kOnce);
  ~Reader() override;

  // Returns true if a command has written to the file since it was opened, and no private copy is
  // read: what was read may be neither the old nor the new, and a query may have failed for it.
  bool is_overtaken() const;

  // What SQLite's own checks find: pages, indexes, CHECKs and types, foreign keys. The first
  // hundred; empty: nothing. Reads the whole file.
  std::vector<std::string> integrity() const;
  // Returns true if tables, indexes and triggers are those of the file's schema version. A version
  // that this program does not know is taken as sound.
  bool has_sound_schema() const;

  // Sentences for people, e.g. that the last commits may be missing from a copy without a -wal (a
  // process that ended by itself leaves no -wal, a killed process leaves one).
  const std::vector<std::string>& warnings() const;

 private:
  std::optional<Source> source() const override;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace journal
