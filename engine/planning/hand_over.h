#pragma once

#include <memory>
#include <string>

#include "actions/action.h"
#include "engine/planning/command_plan.h"
#include "engine/planning/incoming.h"
#include "engine/planning/install.h"
#include "engine/product/installation_state.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// Where eBPF goes to a handler that is not this program: the PowerShell handler as the version to
// come. Its manifest may say that it is not asked to install, and its enable only starts what is
// there. So ours does the other's work in a hand-over (commands::OperationOpen::kHandOver): update
// puts its payload in place, uninstall starts it, and only then is nothing ours any more. What the
// other handler does behind that is foreign, and left.

// Plans update of a hand-over: replaces what is there by the payload in the other handler's
// package, in its place, as install does. Where that package has none that can be used, the version
// to come may be on the machine all the same (an undone update gave it back): then it stays as it
// is. Throws kPackageDamaged otherwise, and what plan_install throws. `arming`: nullptr where the
// hand-over is open already.
transaction::Plan plan_hand_over(machine::Machine& machine,
                                 const product::InstallationState& installation,
                                 const Incoming& incoming, InstallOptions options,
                                 std::unique_ptr<actions::Action> arming);

// Plans uninstall of a hand-over to `version`: starts it and makes it automatic, GuestProxyAgent as
// in enable, with enable's last look; ends every update of the PowerShell handler; then forgets
// what was ours.
CommandPlan plan_handed_over(machine::Machine& machine,
                             const product::InstallationState& installation,
                             const std::string& version);

// Plans uninstall where another handler's update has taken eBPF over: starts what disable stopped,
// best effort, and forgets what was ours. Stops and removes nothing.
transaction::Plan plan_given_up(machine::Machine& machine,
                                const product::InstallationState& installation);

}  // namespace engine::planning
