#pragma once

#include <cstdint>
#include <string>

#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// Steps against the PowerShell handler's uninstall, a foreign program that runs in the middle of an
// update to ours (product/predecessor.h).

// The steps of update: preserve what its uninstall takes away, then set the key that its second
// generation asks for. The journal records what was preserved (meta::kPreserved). Needs
// plan.work_folder.
void plan_preservation(transaction::Plan& plan, machine::Machine& machine,
                       const product::Inventory& inventory, const std::string& handler_version);
// Bytes that the copies take.
std::uint64_t preserved_bytes(machine::Machine& machine);

// The steps of enable: remove the key with all its values, best effort. An update of the PowerShell
// handler that has begun is over then, and one that nobody finished years ago.
void plan_upgrading_end(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation);

// The step of install: records whether the key is there before eBPF is: that one is of nobody's
// update.
void record_upgrading_key(transaction::Plan& plan, machine::Machine& machine,
                          const product::InstallationState& installation);
// The step of disable: forgets that record where the key has gone since. It records none itself:
// the VM Agent may make its calls again, and the key is then of the update that has begun.
void forget_upgrading_key(transaction::Plan& plan, machine::Machine& machine,
                          const product::InstallationState& installation);

}  // namespace engine::planning
