#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

#include "journal/reader.h"

namespace engine::support {

// The version of the lines' form. Keys are only added; a key that changes its meaning, or goes,
// makes a new version.
inline constexpr int kExportVersion = 1;

// Everything that the journal holds, as JSON, one object a line, for programs that read many
// journals. Each has `record`:
//   journal      export (kExportVersion), machine and boot of the newest transaction,
//                settled_version, install_folder, inconsistent, warnings; the first line
//   operation    id, kind, state, from_version, to_version, handler, opened, settled,
//                failed_command, cause, and ebpf_down_ms, proxy_down_ms, ebpf_down_since,
//                proxy_down_since of all its transactions together, an update's with the disable
//                before it (since: null unless it is down still); before the first of them
//   transaction  what `journal show --json` says, without its steps and events; and ebpf_down_ms
//                ... of that transaction alone
//   step         transaction, and what `journal show --json` says of it
//   event        transaction (null: of none), at, level, text
// Transactions are in the order of their ids, each followed by its steps and its events; the events
// of none come last. At no time is more than one transaction in memory.
// kBrief: without steps and events, some hundred bytes a transaction: for many VMs.
enum class ExportDetail { kBrief, kAll };
void export_ndjson(const journal::Reader& reader, ExportDetail detail, std::ostream& out);

// The same of the newest `last` transactions, or of fewer: as many of them as `max_bytes` hold.
// Without the events of no transaction.
std::string newest_ndjson(const journal::Records& records, std::int64_t last,
                          std::size_t max_bytes);

}  // namespace engine::support
