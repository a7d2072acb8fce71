#pragma once

#include <memory>

#include "engine/enable_plan.h"
#include "engine/known.h"
#include "engine/open_update.h"
#include "engine/plan.h"

namespace engine {

// What update does; read-only. Everything that can refuse an update does so here, before anything
// of the old version is touched: package damaged 1101, policy 1006, OS 51, newer version there
// 1005, no space 1108. Changes nothing on the running machine: it adopts what a disable stopped
// before it (plan_adoption), so that undoing the update gives that back. A downgrade is asked of
// the version that goes: there is no package of the incoming one to check.
// `arming`: puts the recovery copy in place, last of all; nullptr where an update is open already.
Plan plan_update(machine::Machine& machine, const Known& known, const OwnPackage& own,
                 const Incoming& incoming, std::unique_ptr<actions::Action> arming);

// The stops of an earlier disable, as steps whose before-images are what it found; if all of that
// is still stopped. Else the machine is as it is found, and the plan is empty.
Plan plan_adoption(machine::Machine& machine, const Known& known);

}  // namespace engine
