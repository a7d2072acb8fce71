#pragma once

#include <cstdint>
#include <string>

namespace journal {

inline constexpr std::uint64_t kReserveBytes = 1024 * 1024;

// The reserve is a file of real (not sparse) bytes beside the journal: space for the journal on the
// day the disk is full. release_reserve, called before the journal is opened, deletes it if fewer
// than kReserveBytes are free, and returns true if it did. make_reserve, called before a
// transaction begins, writes and syncs it if it is missing or short. Throws kDiskFull, else
// kJournalUnusable.
bool release_reserve(const std::string& native_path, std::uint64_t free_bytes);
void make_reserve(const std::string& native_path);

}  // namespace journal
