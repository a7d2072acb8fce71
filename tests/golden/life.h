#pragma once

#include <string>

#include "tests/golden/room.h"
#include "tests/golden/scenario.h"

namespace golden {

// Lives a machine. Words, done in order: "mended boot recover".
//   boot         the VM restarts
//   cut          the power goes and takes all that it may; the VM boots
//   mended       services that hang or fail behave again
//   dropped      the VM Agent removes the packages
//   later        half an hour passes
//   abandoned    recover, as the recovery task calls it
//   again        the scenario's command, as before
//   recover, …   any other command, of the newest package
// Returns what the last command says.
engine::handler::Reply live(const Room& room, const Scenario& scenario, const std::string& life);

// What a life does, as it is compared: "reply" has exit code and first line; of the journal's rows
// those that are other than in `begun`, "gone …" those that are no more. Times and process ids are
// masked, and file ids that are new since `begun` (renaming.h).
Lines outcome(Room& room, const engine::handler::Reply& reply, const Lines& begun);

// The machine as tests compare it: without times, process ids, file ids.
Lines picture(const Room& room);

}  // namespace golden
