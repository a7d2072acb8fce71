#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/enable_plan.h"
#include "engine/known.h"
#include "engine/plan.h"

namespace engine {

// What uninstall would do; read-only. Stops what runs, removes the registrations and files that are
// ours wherever they are, and the accessories that are ours (accessories.h; best
// effort), and folders that this leaves empty. A service that somebody re-pointed
// outside our folder is theirs now: left and noted. GuestProxyAgent must not be left depending on
// services that are gone: they are taken out of its registration, and it is started again if it ran
// (best effort). Nothing ours: an empty plan. Exceptions: what an update preserved and was undone
// to (predecessor.h) is removed as ours; and after the journal was lost, the machine is taken over
// by looking at it, if its version is the caller's.
Plan plan_uninstall(machine::Machine& machine, const Known& known, const OwnPackage& own,
                    const std::string& work_folder);

// What uninstall of the outgoing handler does in an open update: nothing. Files and registrations
// stay for the incoming handler's install to replace in place.
Plan plan_retirement(const Known& known);

// What uninstall does while something waits for the boot: it arms the recovery, which makes up for
// the removal after the boot, since the agent is about to delete the handler's folder.
Plan plan_deferred_uninstall(const Known& known, std::unique_ptr<actions::Action> arming);

// What the journal knows after an uninstall; also used where recovery completes one.
// `dependencies`: what GuestProxyAgent's registration depended on before; empty where it was not
// changed.
Settlement uninstall_settlement(const std::vector<std::string>& dependencies);

}  // namespace engine
