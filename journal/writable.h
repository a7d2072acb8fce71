#pragma once

#include <string>

namespace journal {

// Takes a read-only attribute away from a file of the journal's folder: that folder is SYSTEM's
// own, and what sets the attribute there (a restored backup, a tool that marks whole trees) means
// nothing by it. Returns true if it was set. A file that is not there has none. Throws
// kJournalUnusable where the attribute stays.
bool make_writable(const std::string& path);

// Throws kJournalUnusable if the folder has no write permission at all (not on Windows, where the
// attribute of a folder means something else). An administrator could write all the same, but
// somebody meant the permission.
void refuse_read_only_folder(const std::string& path);

}  // namespace journal
