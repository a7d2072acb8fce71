#pragma once

#include <string>

#include "engine/planning/command_plan.h"
#include "engine/planning/incoming.h"
#include "engine/planning/install.h"
#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "package/package_check.h"

namespace engine::planning {

struct EnableOptions {
  InstallOptions install;
  bool to_own_version = false;  // converge on the caller's version: the enable settles an update
};

// Plans enable: converges on the version to be, which is the settled one, or in an update the
// caller's own; read-only. Owned files are checked by presence, size and file id, and hashed only
// if these differ; missing and altered ones are restored from the caller's package, if that has the
// settled version (else kCopyFile naming the file). A running GuestProxyAgent is stopped first and
// started last if a driver or eBPFSvc is started, or a file in use was replaced. It is left if it
// is absent, disabled or stopped by its owner, and started if our disable stopped it or it is down
// (product::ProxyHealth), which undoes nothing where it fails. In an update, or with nothing
// settled (an install that did not happen, a journal that was lost), install's missing steps come
// first. What somebody queued that the next boot would do to the version's files is taken back.
// Missing extras (extras.h) come last, best effort. If all is as it should be, the plan is empty,
// in a few milliseconds. The plan names the version to be for the transaction's last look.
CommandPlan plan_enable(machine::Machine& machine, const product::InstallationState& installation,
                        const OwnPackage& own, const EnableOptions& options);

// Plans which clients stop first, which components of `made.expects.version_to_be` are started, and
// what the next boot starts; starts a GuestProxyAgent that is down. `in_update`: the undo of the
// open update starts what the update stopped.
void plan_restart(CommandPlan& made, machine::Machine& machine,
                  const product::InstallationState& installation,
                  const product::Inventory& inventory, bool restart_due, bool in_update);

// Plans to start the components of the settled version, and the services that a disable stopped,
// that do not run; nothing else. For an enable that repeats a failed attempt: its last look undoes
// nothing.
CommandPlan plan_starts(machine::Machine& machine, const product::InstallationState& installation);

}  // namespace engine::planning
