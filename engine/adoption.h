#pragma once

#include "engine/known.h"
#include "engine/plan.h"

namespace engine {

// What an update finds already done when it begins, as adopted steps at the head of its plan: their
// undo gives back the state before disable of the version that goes.

// The stops of an earlier disable, as steps whose before-images are what it found; if all of that
// is still stopped. Else the machine is as it is found, and the plan is empty.
Plan plan_adoption(machine::Machine& machine, const Known& known);

// The same where the journal knows nothing of what is there (predecessor.h): its disable leaves no
// record, stops the drivers and sets them to disabled. Before that was: drivers and eBPFSvc
// automatic and running, GuestProxyAgent running unless it is disabled. What is found running was
// so, and is to run again whatever its own uninstall does to it; a driver that runs and yet is
// disabled was automatic. A component without a file did not run. Empty: the journal knows what is
// there, or nothing is registered.
Plan plan_predecessor_adoption(machine::Machine& machine, const Known& known);

// Whether something of it is stopped or disabled: what an update that is refused has to give back.
bool predecessor_is_down(machine::Machine& machine, const Known& known);

}  // namespace engine
