#pragma once

#include "engine/product/installation_state.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// Inherited steps: what was done before an update began, at the head of its plan. Their undo gives
// back the state before disable of the outgoing version.

// The stops of an earlier disable, with its before-images, if everything that it stopped is still
// stopped. Otherwise the plan is empty: "before" is the machine as found.
transaction::Plan plan_inherited_stops(machine::Machine& machine,
                                       const product::InstallationState& installation);

// The same for an installation that the journal does not have (predecessor.h): its disable leaves
// no record, stops the drivers and sets them to disabled. The assumed state before: drivers and
// eBPFSvc automatic and running, GuestProxyAgent running unless it is disabled. A service found
// running ran before, and is to run again whatever its own uninstall does to it; a driver that runs
// although it is disabled was automatic. A component without a file did not run. Empty if a version
// is settled, or nothing is registered.
transaction::Plan plan_inherited_predecessor(machine::Machine& machine,
                                             const product::InstallationState& installation);

// Returns true if a component of the predecessor is stopped or disabled: a refused update has to
// give it back.
bool predecessor_is_down(machine::Machine& machine, const product::InstallationState& installation);

// If the journal was lost, records GuestProxyAgent, stopped and automatic, as one that is to be
// started: nobody knows any more who stopped it.
void record_missing_proxy(transaction::Plan& plan, machine::Machine& machine,
                          const product::InstallationState& installation);

}  // namespace engine::planning
