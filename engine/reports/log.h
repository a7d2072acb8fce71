#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "actions/machine/host_files.h"
#include "journal/records.h"

namespace engine::reports {

// The lines that the log was given.
struct Logged {
  std::map<std::int64_t, std::string> transactions;  // that they are of; and the newest's time, UTC
  bool went_on = false;                              // from a line of the same journal
};

// ebpf_handler.log in the VM Agent's log folder: a projection of the journal's events, one line
// each:
//   2026-11-22T10:18:00.123Z WARN  #41 t7 text
// (#: the event's id, t: its transaction, t0 for none). Rotated at 5 MiB, three old files kept.
// Appends the events after the log's last line, also those of a process that was killed before it
// could write them. An empty or new log gets all events that the journal holds. Throws
// kBadEnvironment if the file cannot be written, kUnsafeFolder if it is a link, which would be
// followed.
Logged project_log(machine::HostFiles& host, const journal::Records& journal,
                   const std::string& log_folder);

// Appends one line marked "no journal", for a command that cannot have the journal.
void log_without_journal(machine::HostFiles& host, const std::string& log_folder,
                         const std::string& at, const std::string& text);

// The line of an event, without its line feed.
std::string log_line(const journal::Event& event);

}  // namespace engine::reports
