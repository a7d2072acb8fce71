#pragma once

#include <string>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "journal/journal.h"

namespace engine::handler {

// When the recovery copy (planning/recovery_copy.h) acts, and how it goes.

// Returns true if the last command began in another boot, or kAbandonedAfterMinutes ago (commands).
bool nobody_goes_on(machine::Machine& machine, const journal::Records& records);

// Returns why recovery makes up for an uninstall of the settled version: one had to wait for a
// boot, or (`abandoned`, nobody goes on, and no other handler's update has taken eBPF over) the VM
// Agent dropped the extension without a call, so that none of the journal's package folders exists.
// "": no reason, `setup` wants eBPF, or a removal failed in this boot.
std::string removal_due(machine::Machine& machine, journal::Journal& journal,
                        const product::InstallationState& installation, bool abandoned);

// Dropped without a call: each folder that the journal names is gone, no other version lies beside
// it, and the place of all extensions is there. Where that has moved, or something cannot be looked
// at, nobody knows: false.
bool extension_is_gone(machine::Machine& machine, const journal::Records& records);

// Removes recovery copy and task. Returns what waits for the next boot, a sentence each.
std::vector<std::string> disarm_recovery(machine::Machine& machine);

}  // namespace engine::handler
