#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "actions/machine/host_files.h"
#include "errors/failure.h"
#include "journal/records.h"
#include "json/json.h"

namespace engine::support {

// Events for the VM Agent's events folder, which sends them to the owner of a roll-out. Each is an
// object with the keys that the agent asks for (Version, Timestamp, TaskName, EventLevel, Message,
// EventPid, EventTid, OperationId), all of them texts; Message is JSON with:
//   schema       kEventsVersion; keys are only added to one version
//   event        transaction (a command ended), recovery (a later command ended it), refusal, or
//                undo-failure
//   id, operation, command, version, handler, outcome, code, started, ended, duration_ms
//                as in `journal export`
//   name         of the code
//   ebpf_down_ms, proxy_down_ms, ebpf_down_since, proxy_down_since
//                of its operation so far, an update's with the disable before it; since: UTC, null
//                unless it is down still
//   from, to, operation_state, failed_command
//                of its update; null for none
//   settled_version, inconsistent
//                what the journal says of the machine now
//   step         kind and target of the step that failed; null for none
//   cause        object, api, system_code, text; null for none. Without a text for a folder that
//                others can write into, whose failure names them
// OperationId is the same for all commands of an update. The VM Agent cuts Message at 3,072
// characters, and drops an event of more than 6,144 in all.
inline constexpr int kEventsVersion = 1;

// The process that writes them.
struct EventSource {
  std::string handler_version;  // "0.10.0.1"
  std::int64_t process_id = 0;
};

// Those of one transaction: how it ended and, where its undo failed, that. None while it is open.
// Throws kJournalUnusable as Records does.
nlohmann::json events_of(const journal::Records& records, const journal::Transaction& transaction,
                         const EventSource& source);

// A command that ended before it had a journal. `at`: UTC. Its Message has schema, event (refusal),
// command, code, name, outcome, started, ended, handler, step (null) and cause, and no other key:
// what they would say is not known.
nlohmann::json event_without_journal(std::string_view command, const errors::Failure& failure,
                                     const std::string& at, const EventSource& source);

// What is told again by a later command has the same OperationId and the same message.
//
// Writes the array into a file of its own that appears whole: the VM Agent reads and deletes what
// it finds, also a file that is being written. `scratch`: a folder on the same volume. Nothing is
// written for an empty array, where there is no such folder, and where kMostFiles lie there
// already: nobody collects them. Throws Failure.
inline constexpr std::size_t kMostFiles = 300;
void write_events(machine::HostFiles& host, const std::string& folder, const std::string& scratch,
                  std::int64_t utc_ms, const nlohmann::json& events);

}  // namespace engine::support
