#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/product/extras.h"
#include "engine/product/installation_state.h"
#include "engine/transaction/phase.h"
#include "engine/transaction/plan.h"
#include "package/package_check.h"

namespace engine::planning {

// The extras of an installation (product/extras.h) are all best effort: a step that fails is undone
// alone and shown as a warning; the next enable tries it again.

// Files of a package that a plan puts in place.
struct Placed {
  const package::CheckedPackage* checked = nullptr;  // nullptr: none
  std::vector<package::PayloadFile> files;
  bool keeps_tasks = false;  // tasks that are there are left, whatever the journal says of them
};

// For install, after files and services: adds the missing extras, and tasks and store that are not
// as this version left them; removes our extras that this version does not have.
void plan_extras(transaction::Plan& plan, machine::Machine& machine,
                 const product::InstallationState& installation, const Placed& placed,
                 const std::string& install_folder);
// For enable of the settled version: adds the missing extras, and tasks and store that the settled
// version could not put in place. Tasks are registered from the files that the plan places, else
// from the installed ones.
void plan_missing_extras(transaction::Plan& plan, machine::Machine& machine,
                         const product::InstallationState& installation, const Placed& placed);
// For uninstall, and for extras that another version does not have: removes the extras among the
// journal's rows `ours`. In the store it removes our entries only: other extensions have theirs. In
// kTakeOff, where the tool that exported them is still there, it tells which they are if the
// journal does not: after a journal was lost, or where others had written the same before us.
void plan_extra_removal(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation,
                        const std::vector<journal::Owned>& ours, transaction::Phase phase);

// Adds the rows of the `extras` that are ours after the plan to the plan's change. A folder in PATH
// is ours only if a plan of ours added it: a folder that was there before us stays after us. Helper
// and tasks of this folder are ours whoever registered them, as files and services are: without
// the installation they are of no use.
void change_extras(transaction::Plan& plan, machine::Machine& machine,
                   const product::InstallationState& installation,
                   const std::vector<product::ExtraAt>& extras, const std::string& version);

}  // namespace engine::planning
