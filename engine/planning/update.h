#pragma once

#include <memory>
#include <string>

#include "engine/planning/incoming.h"
#include "engine/product/installation_state.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

struct UpdateOptions {
  std::string handler_version;  // "0.10.0.1"
  std::string work_folder;
  bool downgrade = false;  // an older version may replace a newer one
};

// Plans update; read-only. Throws every refusal here, before anything of the old version is
// touched: package damaged 1101, policy 1006, OS 51, newer version there 1005, no space 1108,
// install folder open to others 1111. The plan changes nothing that runs: it inherits what an
// earlier disable stopped (inherited_steps.h), so that undoing the update gives that back. An
// installation that the journal does not have is preserved before its own uninstall comes
// (predecessor.h). In a downgrade the outgoing version is called: there is no package of the
// incoming one to check. `arming`: puts the recovery copy in place, after the inherited steps;
// nullptr if an update is open already.
transaction::Plan plan_update(machine::Machine& machine,
                              const product::InstallationState& installation, const OwnPackage& own,
                              const Incoming& incoming, const UpdateOptions& options,
                              std::unique_ptr<actions::Action> arming);

}  // namespace engine::planning
