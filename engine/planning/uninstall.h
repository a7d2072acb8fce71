#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/planning/incoming.h"
#include "engine/product/installation_state.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// Plans uninstall; read-only. Stops what runs, removes our registrations and files wherever they
// are, our extras (extras.h; best effort), and the folders that this leaves empty. A service that
// somebody re-pointed outside our folder is theirs now: it is left, with a note. GuestProxyAgent
// must not depend on services that are gone, also before this uninstall: they are taken out of its
// registration, and it is started if it ran or is down (best effort). If nothing is ours, the plan
// only starts what a disable stopped. Exceptions: an installation that an update preserved and was
// undone to (predecessor.h) is removed as ours; after the journal was lost, so is the caller's
// version, if it is found.
transaction::Plan plan_uninstall(machine::Machine& machine,
                                 const product::InstallationState& installation,
                                 const OwnPackage& own, const std::string& work_folder);

// Plans uninstall of the outgoing handler in an open update: no steps. Files and registrations stay
// for the incoming handler's install to replace in place.
transaction::Plan plan_retirement(const product::InstallationState& installation);

// Plans uninstall while the machine waits for the boot: arms the recovery, which completes the
// removal after the boot, since the VM Agent is about to delete the handler's folder.
transaction::Plan plan_deferred_uninstall(const product::InstallationState& installation,
                                          std::unique_ptr<actions::Action> arming);

}  // namespace engine::planning
