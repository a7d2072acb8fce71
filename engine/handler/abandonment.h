#pragma once

#include <string>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "journal/journal.h"

namespace engine::handler {

// What the recovery copy is there for (planning/recovery_copy.h), and its end.

// Whether nobody goes on with what is open (commands::kAbandonedAfterMinutes).
bool nobody_goes_on(machine::Machine& machine, journal::Journal& journal);

// Why recovery removes the settled version; "": it does not. An uninstall had to wait for a boot;
// or (`abandoned`, and nobody goes on) the VM Agent dropped the extension without a call: of the
// package folders that the journal keeps none is there any more. Once in a boot.
std::string removal_due(machine::Machine& machine, journal::Journal& journal,
                        const product::InstallationState& installation, bool abandoned);

// Takes copy and task away where they are. Returns what waits for the next boot, a sentence each.
std::vector<std::string> disarm_recovery(machine::Machine& machine);

}  // namespace engine::handler
