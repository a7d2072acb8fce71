#pragma once

#include "engine/product/installation_state.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// What an update finds already done when it begins, as inherited steps at the head of its plan:
// their undo gives back the state before disable of the version that goes.

// The stops of an earlier disable, as steps whose before-images are what it found; if all of that
// is still stopped. Else the machine is as it is found, and the plan is empty.
transaction::Plan plan_inherited_stops(machine::Machine& machine,
                                       const product::InstallationState& installation);

// The same where the journal knows nothing of what is there (predecessor.h): its disable leaves no
// record, stops the drivers and sets them to disabled. Before that was: drivers and eBPFSvc
// automatic and running, GuestProxyAgent running unless it is disabled. What is found running was
// so, and is to run again whatever its own uninstall does to it; a driver that runs and yet is
// disabled was automatic. A component without a file did not run. Empty: the journal knows what is
// there, or nothing is registered.
transaction::Plan plan_inherited_predecessor(machine::Machine& machine,
                                             const product::InstallationState& installation);

// Whether something of it is stopped or disabled: what an update that is refused has to give back.
bool predecessor_is_down(machine::Machine& machine, const product::InstallationState& installation);

}  // namespace engine::planning
