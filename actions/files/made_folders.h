#pragma once

#include <string>
#include <vector>

#include "actions/action.h"
#include "actions/machine/files.h"

namespace actions::files {

// The folders that an action makes for its files. A folder is ours only if it was missing at the
// capture, and goes again only if it is empty.

// Returns those of `folders` and their parents that are missing, outermost first. Throws
// kCreateFolder where a file or a link is in the way: a link is never followed, it could lead
// anywhere.
std::vector<std::string> missing_folders(machine::Files& files,
                                         const std::vector<std::string>& folders);

// Makes those that are (still) missing.
void make_folders(machine::Files& files, const std::vector<std::string>& outermost_first);

// Removes those that are there and empty, innermost first; leaves the others and reports them in
// `result`.
void remove_made_folders(machine::Files& files, const std::vector<std::string>& outermost_first,
                         UndoResult& result);

}  // namespace actions::files
