#pragma once

#include <optional>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/planning/incoming.h"
#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "engine/transaction/plan.h"
#include "package/package_check.h"

namespace engine::planning {

// What a plan restores from the settled version's own package.
struct Repair {
  std::optional<package::CheckedPackage> checked;  // nullopt: nothing needs repair
  std::vector<package::PayloadFile> files;
};

// For enable of the settled version: restores missing and altered files and registrations. Throws
// kCopyFile if something needs repair and the package is of another version. Sets `restart_due` if
// a file in use is replaced.
Repair plan_repair(transaction::Plan& plan, machine::Machine& machine,
                   const product::InstallationState& installation, const OwnPackage& own,
                   const product::Inventory& inventory, bool& restart_due);

}  // namespace engine::planning
