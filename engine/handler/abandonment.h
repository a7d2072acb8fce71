#pragma once

#include <string>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "journal/journal.h"

namespace engine::handler {

// When the recovery copy (planning/recovery_copy.h) acts, and how it goes.

// Returns true if the last command began in another boot, or kAbandonedAfterMinutes ago (commands).
bool nobody_goes_on(machine::Machine& machine, journal::Journal& journal);

// Returns why recovery removes the settled version: an uninstall had to wait for a boot, or
// (`abandoned`, and nobody goes on) the VM Agent dropped the extension without a call, so that none
// of the journal's package folders exists. "": no reason, or a removal failed in this boot.
std::string removal_due(machine::Machine& machine, journal::Journal& journal,
                        const product::InstallationState& installation, bool abandoned);

// Removes recovery copy and task. Returns what waits for the next boot, a sentence each.
std::vector<std::string> disarm_recovery(machine::Machine& machine);

}  // namespace engine::handler
