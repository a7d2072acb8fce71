#pragma once

#include <string>
#include <string_view>

namespace journal {

// What follows the last commit in a write-ahead log that SQLite can read. SQLite ends at the first
// frame whose checksum is wrong, and takes it for one that was never written whole.
enum class LogTail {
  kNone,     // nothing, or part of a frame: so a killed process leaves it
  kTorn,     // whole frames to the file's end: so a power cut may leave the last commit, no kill
  kDamaged,  // a frame that is not what was written, for a later commit follows: each is synced
             // before the next is written
};

// Returns true if the bytes begin with the header of such a log, whose own checksum is right.
bool is_log_header(std::string_view bytes);

// Of journal.db-wal; sqlite.org/fileformat2.html, section 4. A log without a valid header has none.
LogTail tail_of_log(const std::string& wal);

}  // namespace journal
