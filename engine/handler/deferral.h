#pragma once

#include "engine/handler/progress.h"
#include "engine/transaction/outcome.h"
#include "errors/failure.h"

namespace engine::handler {

// What the next boot has to come before.

// Something that recovery found waits for the boot, and would be undone then beneath whatever is
// done now. disable has nothing to add, it holds until a boot anyhow; uninstall is made up for
// after it; every other command throws why it does not begin.
Ended end_before_boot(const Context& at, Progress& progress);

// The command met what does not stop, and was undone. An uninstall leaves the rest to the boot
// instead of failing, since the VM Agent takes no notice of its failure and recovery makes up for
// it; so does a disable that is repeated in the same boot, since the VM Agent does nothing else
// before it succeeds. nullopt: the outcome stands as it is.
std::optional<Ended> left_to_boot(const Context& at, Progress& progress,
                                  const transaction::Outcome& outcome);

// An uninstall waits for the boot.
bool removal_waits(const Progress& progress);
// install, enable and update want the extension after all: one that waits does so no more.
void forget_removal(const Context& at, Progress& progress);

}  // namespace engine::handler
