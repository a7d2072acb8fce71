#pragma once

#include <cstdint>
#include <string>

namespace journal {

// What can be told from the files themselves, before SQLite opens (and may change) them. A sentence
// fragment for the event, "is no SQLite database"; "" for nothing wrong:
//   something that is not a file; a database file too short or without SQLite's first line; a -wal
//   with commits in it and no database; a -wal with commits whose header is damaged, since SQLite
//   would take that for an empty one without a word. An empty or missing file is a new journal.
// Left undetected: damage further inside a -wal, which looks like a commit that a power cut has torn.
std::string damage_of_files(const std::string& path);

// No -wal, or an empty one: the last program closed it in order.
bool closed_in_order(const std::string& path);

// Renames the file (or whatever is there) to "<path>.damaged-<UTC>", its -wal and -shm likewise, and
// returns the new name. The database goes first: what remains after a kill in between is a lone -wal,
// which the next open sets aside. Throws kJournalUnusable.
std::string set_aside(const std::string& path, std::int64_t utc_ms);

// Throws kJournalUnusable where the file, or its folder, has no write permission at all. Asked for by
// name because an administrator is not stopped by it, and it was meant by somebody.
void refuse_read_only(const std::string& path);

}  // namespace journal
