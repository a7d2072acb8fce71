#pragma once

#include <cstdint>
#include <string>

#include "actions/machine/host_files.h"
#include "journal/records.h"

namespace engine::support {

// What support has without asking for it: the page and the lines of `journal export`, of the newest
// transactions, in the VM Agent's log folder, which its collector takes:
//   ebpf_handler_support_20261122T101800123Z_t7.html, .ndjson
// (when it was written, UTC, and after which transaction). At most kMostCopyBytes together; the
// newest kCopies pairs are kept.
inline constexpr std::size_t kMostCopyBytes = 1'000'000;
inline constexpr std::size_t kCopies = 3;

// Removes older pairs, and what a process left that was killed while it wrote one: files of this
// name only. Then writes both, each whole or not at all. Throws Failure where a file cannot be
// removed or written, and kJournalUnusable.
void write_support_copy(machine::HostFiles& host, const journal::Records& records,
                        const std::string& log_folder, std::int64_t utc_ms);

}  // namespace engine::support
