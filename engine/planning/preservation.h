#pragma once

#include <cstdint>
#include <string>

#include "actions/machine/machine.h"
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

// The step of enable: removes our value of the key, best effort.
void plan_upgrading_end(transaction::Plan& plan, machine::Machine& machine);

}  // namespace engine::planning
