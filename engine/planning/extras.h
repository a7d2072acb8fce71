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

// The extras of an installation (product/extras.h) are all best effort: one that fails is undone
// alone and shown as a warning; the next enable tries it again.

// Files of a package that a plan puts in place.
struct Placed {
  const package::CheckedPackage* checked = nullptr;  // nullptr: none
  std::vector<package::PayloadFile> files;
};

// The parts of a plan. Once files and services are in place, for install: what is missing; tasks
// and store also where they are not as this version left them.
void plan_extras(transaction::Plan& plan, machine::Machine& machine,
                 const product::InstallationState& installation, const Placed& placed,
                 const std::string& install_folder);
// For enable of what is settled: what is missing, and tasks and store where the settled version
// could not put them in place. Tasks are registered from the files that are placed, else from the
// installed ones.
void plan_missing_extras(transaction::Plan& plan, machine::Machine& machine,
                         const product::InstallationState& installation, const Placed& placed);
// For uninstall, and for what another version does not have: those of `ours`, rows of the journal.
// In the store, our entries only: other extensions have theirs beside them.
void plan_extra_removal(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation,
                        const std::vector<journal::Owned>& ours, transaction::Phase phase);

// Adds to what the plan's commit changes what of `extras` is ours then. PATH is ours only if a plan
// of ours added the folder: one that was there before us stays after us. Helper and tasks of this
// folder are ours whoever registered them, as files and services are: they are of no use without.
void change_extras(transaction::Plan& plan, machine::Machine& machine,
                   const product::InstallationState& installation,
                   const std::vector<product::ExtraAt>& extras, const std::string& version);

}  // namespace engine::planning
