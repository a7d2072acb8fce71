#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/product/installation_change.h"
#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "engine/transaction/plan.h"
#include "package/package_check.h"

namespace engine::planning {

// The parts of a plan that bring files and registrations to what a package asks for; used by
// install, and by enable to repair.

// Refuses kDiskFull where the install folder's volume has no room for so many bytes, and a little
// more; kCopyFile where it is not the volume on which they are staged.
void check_room(machine::Machine& machine, std::uint64_t bytes, std::size_t files,
                const std::string& install_folder);

// Stages the files of `wanted` (all of the package's, or those that differ); places what was
// staged, given the same list. Refuses kDiskFull where the volume is too small. Need
// plan.work_folder. Do nothing for an empty list.
void plan_staging(transaction::Plan& plan, machine::Machine& machine,
                  const package::CheckedPackage& checked,
                  const std::vector<package::PayloadFile>& wanted,
                  const std::string& install_folder);
void plan_placing(transaction::Plan& plan, const std::vector<package::PayloadFile>& wanted,
                  const std::string& install_folder);

// The package's files whose target is missing or differs in size or hash.
std::vector<package::PayloadFile> differing_files(machine::Machine& machine,
                                                  const package::CheckedPackage& checked,
                                                  const std::string& install_folder);

// Registers what is missing and re-points what points elsewhere. Existing registrations keep their
// start type and their names.
void plan_registrations(transaction::Plan& plan, const product::InstallationState& installation,
                        const package::PayloadManifest& manifest,
                        const product::Inventory& inventory, const std::string& install_folder);

// Start type of what is registered anew: demand. Disabled in the place of what was preserved
// (predecessor.h): its uninstall has removed it, and GuestProxyAgent, which depends on it, would
// start the new one at a boot before anybody has tried it.
machine::StartType new_start_type(const product::InstallationState& installation);

// Whether replacing `files` leaves something running on the old ones: a driver, eBPFSvc, or
// GuestProxyAgent (ebpfapi.dll).
bool replaces_running(const product::Inventory& inventory, machine::Machine& machine,
                      const std::vector<package::PayloadFile>& files);

// Once installed: the package's files, their folders and the services are ours; the version is
// settled. `placed`: the files that the plan puts in place, whose ids are not known before.
product::InstallationChange installed_change(machine::Machine& machine,
                                             const package::CheckedPackage& checked,
                                             const std::vector<package::PayloadFile>& placed,
                                             const std::string& install_folder);

// What the journal learns from a command that goes on with an update: nothing is ours, nothing
// settled, before the update is; only that a restart is due.
product::InstallationChange unsettled(bool restart_due);

}  // namespace engine::planning
