#pragma once

#include <filesystem>
#include <string>

namespace lab {

// What is wrong with the copies for support in a log folder, first; "": nothing. At most three
// pairs of names that sort by time, at most 1 MB each. `read`: the newest lines are read too, each
// of which is JSON. Temporary files are of a process that was killed, and no fault.
std::string wrong_with_copies(const std::filesystem::path& log_folder, bool read);

}  // namespace lab
