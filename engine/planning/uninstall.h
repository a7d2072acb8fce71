#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/planning/incoming.h"
#include "engine/product/installation_state.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// What uninstall would do; read-only. Stops what runs, removes the registrations and files that are
// ours wherever they are, and the extras that are ours (extras.h; best
// effort), and folders that this leaves empty. A service that somebody re-pointed
// outside our folder is theirs now: left and noted. GuestProxyAgent must not be left depending on
// services that are gone: they are taken out of its registration, and it is started again if it ran
// (best effort). Nothing ours: an empty plan. Exceptions: what an update preserved and was undone
// to (predecessor.h) is removed as ours; and after the journal was lost, the machine is taken over
// by looking at it, if its version is the caller's.
transaction::Plan plan_uninstall(machine::Machine& machine,
                                 const product::InstallationState& installation,
                                 const OwnPackage& own, const std::string& work_folder);

// What uninstall of the outgoing handler does in an open update: nothing. Files and registrations
// stay for the incoming handler's install to replace in place.
transaction::Plan plan_retirement(const product::InstallationState& installation);

// What uninstall does while something waits for the boot: it arms the recovery, which makes up for
// the removal after the boot, since the VM Agent is about to delete the handler's folder.
transaction::Plan plan_deferred_uninstall(const product::InstallationState& installation,
                                          std::unique_ptr<actions::Action> arming);

}  // namespace engine::planning
