#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/host_files.h"
#include "journal/records.h"

namespace engine::reports {

// ebpf_handler.log in the VM Agent's log folder: a projection of the journal's events, one line
// each:
//   2026-11-22T10:18:00.123Z WARN  #41 t7 text
// (#: the event's id, t: its transaction, t0 for none). Rotated at 5 MiB, three old files kept.
// Lines end with a line feed on every system.

// The events behind the log's last line, oldest first, also those of a process that was killed
// before it could write them. Of an empty or new log: all that the journal holds.
struct Unlogged {
  std::vector<journal::Event> events;
  bool goes_on = false;  // the log's last line is of the same journal
};
Unlogged unlogged(const journal::Records& journal, const std::string& log_folder);

// Appends them. Throws kBadEnvironment if the file cannot be written, kUnsafeFolder if it is a
// link, which would be followed.
void append_log(machine::HostFiles& host, const Unlogged& unlogged, const std::string& log_folder);

// The id of a line's event; nullopt: it is a line of no event.
std::optional<std::int64_t> event_of_line(std::string_view line);

// Appends one line marked "no journal", for a command that cannot have the journal.
void log_without_journal(machine::HostFiles& host, const std::string& log_folder,
                         const std::string& at, const std::string& text);

// The line of an event, without its line feed.
std::string log_line(const journal::Event& event);

}  // namespace engine::reports
