#pragma once

#include <string>

#include "actions/machine/files.h"

namespace actions::files {

// Deleting what somebody may still use.

// Deletes a file, a read-only file too. Returns false if somebody has it open or runs it; then it
// stays.
bool remove_unless_in_use(machine::Files& files, const std::string& path, bool readonly);

// Removes a folder that is empty. Returns false if somebody stands in it, or it is not empty (any
// more); then it stays, which harms nobody.
bool remove_empty_folder(machine::Files& files, const std::string& folder);

}  // namespace actions::files
