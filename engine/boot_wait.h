#pragma once

#include "engine/commands.h"
#include "engine/recovery.h"
#include "engine/store.h"
#include "engine/transaction.h"
#include "errors/failure.h"

namespace engine {

// Why a command does not begin: something waits for the next boot.
errors::Failure wait_for_boot(const CommandRow& command, const Recovery& waits);

// Whether a command that met what does not stop, and was undone, leaves the rest to the boot
// instead of failing: an uninstall, since the agent takes no notice of its failure and recovery
// makes up for it; a disable that is repeated in the same boot, since the agent does nothing else
// before it succeeds.
bool is_left_to_boot(machine::Machine& machine, Store& store, Command command,
                     const Outcome& outcome);

}  // namespace engine
