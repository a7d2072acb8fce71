#pragma once

#include <string>

#include "engine/commands/commands.h"
#include "engine/planning/command_plan.h"
#include "engine/planning/enable.h"
#include "engine/planning/incoming.h"
#include "engine/product/installation_state.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// `setup`, and the two who may want eBPF on the machine: the VM Agent, and whoever runs `setup`
// (GuestProxyAgent's own set-up, a provisioning script, a person).

// Plans `setup install` and `setup update`: install and enable in one plan, and records that
// `setup` wants the installation; read-only. A newer version that is complete is left, whoever put
// it there, and what of it does not run is started: who calls `setup` wants eBPF to run, and only
// logs how this ended. Throws 1005 for a newer version that is not complete, 1101 for a source that
// is no package, and what install and enable throw.
CommandPlan plan_setup(machine::Machine& machine, const product::InstallationState& installation,
                       const OwnPackage& own, const EnableOptions& options);

// Plans `setup` beside the VM Agent's open update: no steps. Only who wants the installation is
// recorded, so that a later uninstall knows it. `update`: the version that the update brings.
transaction::Plan plan_beside(const product::InstallationState& installation,
                              commands::Command command, const std::string& update);

// Returns true for a removal by one of the two while the other wants the installation.
bool is_left_to_other(const product::InstallationState& installation, commands::Command command);
// Plans such a removal: eBPF stays, and its caller wants it no longer. What the VM Agent's disable
// stopped is started again, best effort: nobody else would. What does not start stays recorded.
CommandPlan plan_left_to_other(machine::Machine& machine,
                               const product::InstallationState& installation,
                               commands::Command command);
// The same without a start, while the machine waits for a boot.
transaction::Plan plan_want_given_up(const product::InstallationState& installation,
                                     commands::Command command);

// Takes out of a plan of `setup` what starts a GuestProxyAgent that is stopped now:
// GuestProxyAgent's own set-up starts it. What a disable, or an undo, recorded of it stays for the
// VM Agent's next command.
void leave_stopped_proxy(CommandPlan& made, machine::Machine& machine,
                         const product::InstallationState& installation);

}  // namespace engine::planning
