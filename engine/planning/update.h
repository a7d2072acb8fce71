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
};

// What update does; read-only. Everything that can refuse an update does so here, before anything
// of the old version is touched: package damaged 1101, policy 1006, OS 51, newer version there
// 1005, no space 1108, install folder open to others 1111. Changes nothing on the running machine:
// it inherits what a disable stopped before it (adoption.h), so that undoing the update gives that
// back. What the journal knows nothing of is preserved before its own uninstall comes
// (predecessor.h). A downgrade is asked of the version that goes: there is no package of the
// incoming one to check. `arming`: puts the recovery copy in place, once all is inherited; nullptr
// where an update is open already.
transaction::Plan plan_update(machine::Machine& machine,
                              const product::InstallationState& installation, const OwnPackage& own,
                              const Incoming& incoming, const UpdateOptions& options,
                              std::unique_ptr<actions::Action> arming);

}  // namespace engine::planning
