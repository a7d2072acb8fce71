#pragma once

#include "engine/handler/progress.h"

namespace engine::handler {

// Ends the command `recover` after the recovery that every command begins with: with --abandoned it
// undoes an abandoned update; it removes the settled version if an uninstall had to leave it to the
// boot, or if the VM Agent dropped the extension without a call.
Ended end_recovery(const Context& at, Progress& progress);

}  // namespace engine::handler
