#pragma once

#include <string>

#include "engine/planning/command_plan.h"
#include "engine/planning/incoming.h"
#include "engine/planning/install.h"
#include "engine/product/installation_state.h"
#include "package/package_check.h"

namespace engine::planning {

struct EnableOptions {
  InstallOptions install;
  bool to_own_version = false;  // of the caller's package: it settles an update
};

// What enable would do: converge on the version to be, which is the settled one, or in an update
// the caller's own; read-only. Owned files are checked by presence, size and file id, hashed only
// where these differ; what is missing or altered is restored from the caller's package, if that is
// the settled version (else kCopyFile naming the file). GuestProxyAgent that runs is stopped first
// and started last where a driver or eBPFSvc is started, or a file of something that runs was
// replaced; one that is absent, disabled or stopped by its owner is left so; one that our disable
// stopped is started. In an update, or with nothing settled (an install that did not happen, a
// journal that was lost), install's steps come first as far as they are missing. Last, best
// effort, extras that are missing (extras.h). All as it should be: an empty plan, in a
// few milliseconds. The plan names the version to be, which the transaction's last look asks for.
CommandPlan plan_enable(machine::Machine& machine, const product::InstallationState& installation,
                        const OwnPackage& own, const EnableOptions& options);

// Starts what of the settled version, and of what a disable stopped, is not running; nothing else.
// For an enable that repeats a failed attempt: what is found behind it undoes nothing.
CommandPlan plan_starts(machine::Machine& machine, const product::InstallationState& installation);

}  // namespace engine::planning
