#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/known.h"
#include "engine/operation_table.h"
#include "engine/recovery.h"
#include "errors/failure.h"
#include "journal/journal.h"

namespace engine {

// Who an update brings in, as a command knows it: of its own package, or, for `update` of a
// downgrade, of the environment variable VERSION.
struct Incoming {
  std::string handler;  // "0.10.0.1"
  std::string payload;  // "0.10.0"; "" where the package cannot be read
  std::string package;  // SHA-256 of its payload.json; "" for a package that is not ours to read
  std::optional<std::int64_t> sequence_number;
  bool downgrade = false;
};

// How the caller's payload stands to what is settled; with nothing settled, to what is found.
Stands stands_of(machine::Machine& machine, const Known& known, const std::string& payload);

// What became of earlier attempts, the open one's deaths included. `last`: the newest that was
// undone, for what it failed with.
struct Attempts {
  History history = History::kFresh;
  std::optional<journal::Operation> last;
};

// Why the last attempt was undone. One whose process died has no cause of its own.
errors::Failure last_failure(const Attempts& attempts, const Incoming& incoming);
// Why there is no further one: what the last one failed with, and its code.
errors::Failure too_many_attempts(const Attempts& attempts, std::string_view command,
                                  const Incoming& incoming);

// What a command does to the open update, or to none, and what that rests on. `known` gains what
// the open update found. `Source` is a Journal, or a Reader (`plan`).
struct Standing {
  Decision decision = Decision::kAlone;
  std::optional<journal::Operation> update;  // that is open
  Attempts attempts;
};
template <class Source>
Standing stand(machine::Machine& machine, Source& source, Command command, const Incoming& incoming,
               Known& known);

// Undoes an open update that nobody goes on with, `why`. `stopped`: what it and its disable
// stopped; where `running` leaves that, the command that comes now starts it.
Recovery give_up(machine::Machine& machine, Store& store, const journal::Operation& update,
                 const std::string& why, const std::vector<Stopped>& stopped,
                 actions::Deadline deadline, RunningStates running);

// The update that is open; nullopt: none.
template <class Source>
std::optional<journal::Operation> open_update(Source& source);

}  // namespace engine
