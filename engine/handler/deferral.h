#pragma once

#include "engine/handler/progress.h"
#include "engine/transaction/outcome.h"
#include "errors/failure.h"

namespace engine::handler {

// Commands that have to wait for the next boot.

// Ends a command before it begins: recovery found a transaction that waits for the boot, whose undo
// would then change things beneath what the command does now. disable succeeds, since it holds
// until a boot only; uninstall of a version that nobody replaces is completed after the boot, and
// one under another handler's update forgets what was ours; every other command throws why it does
// not begin, also an uninstall in an open update.
Ended end_before_boot(const Context& at, Progress& progress);

// Decides how a command ends that met a service which does not stop, and was undone. An uninstall
// succeeds and leaves the rest to the boot, since the VM Agent ignores its failure and recovery
// completes it; so does a disable that is repeated in the same boot, since the VM Agent calls
// nothing else before it succeeds. Returns nullopt if neither is the case.
std::optional<Ended> left_to_boot(const Context& at, Progress& progress,
                                  const transaction::Outcome& outcome);

}  // namespace engine::handler
