#pragma once

#include <cstdint>
#include <string>

namespace journal {

inline constexpr std::uint64_t kReserveBytes = 1024 * 1024;

// A file of real (not sparse) bytes beside the journal: space for the journal on the day the disk
// is full. release_reserve: deletes it where fewer than kReserveBytes are free; before opening the
// journal. Returns whether it did. make_reserve: makes it (written and synced) where it is missing
// or short; before a transaction begins. Throws kDiskFull.
bool release_reserve(const std::string& native_path, std::uint64_t free_bytes);
void make_reserve(const std::string& native_path);

}  // namespace journal
