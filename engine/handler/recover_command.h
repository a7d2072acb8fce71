#pragma once

#include "engine/handler/progress.h"

namespace engine::handler {

// What the command `recover` does beside what every command does first: called with --abandoned it
// undoes an update that nobody goes on with; it removes what an uninstall had to leave to the boot,
// or what the VM Agent dropped without a call.
Ended end_recovery(const Context& at, Progress& progress);

}  // namespace engine::handler
