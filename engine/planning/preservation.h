#pragma once

#include <cstdint>
#include <string>

#include "actions/machine/machine.h"
#include "engine/product/inventory.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// The PowerShell handler in an update to ours (product/predecessor.h): its uninstall is a foreign
// program in the middle.

// The steps of update: preserves what its uninstall takes away, then sets the key that its second
// generation looks for. The journal remembers what was preserved (meta::kPreserved). Needs
// plan.work_folder.
void plan_preservation(transaction::Plan& plan, machine::Machine& machine,
                       const product::Inventory& inventory, const std::string& handler_version);
// Bytes that the copies take.
std::uint64_t preserved_bytes(machine::Machine& machine);

// The step of enable: the key goes, if it is ours; best effort.
void plan_upgrading_end(transaction::Plan& plan, machine::Machine& machine);

}  // namespace engine::planning
