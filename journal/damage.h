#pragma once

#include <cstdint>
#include <string>

namespace journal {

// Checks the files before SQLite opens (and may change) them. Returns a sentence fragment for the
// event, "is no SQLite database", or "" if nothing is wrong. Damage is:
//   something that is not a file; a database too short, without SQLite's first line, of a format
//   version that SQLite does not have or, closed in order, not of whole pages; a -wal with commits
//   and no database; a -wal with commits whose header is damaged, which SQLite would silently take
//   for an empty -wal. An empty or missing file is a new journal.
// Not detected: damage further inside a -wal, which looks like a commit that a power cut has torn.
std::string damage_of_files(const std::string& path);

// Returns true if the last program closed the journal in order: there is no -wal, or an empty one.
bool closed_in_order(const std::string& path);

// Renames the file (or whatever is there) to "<path>.damaged-<UTC>", then its -wal and -shm, and
// returns the new name. The database goes first: a kill in between leaves a lone -wal, which the
// next open sets aside. Throws kJournalUnusable.
std::string set_aside(const std::string& path, std::int64_t utc_ms);

}  // namespace journal
