#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/product/installation_change.h"
#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "engine/product/version_to_be.h"
#include "engine/transaction/plan.h"
#include "package/package_check.h"

namespace engine::planning {

// The parts of a plan that bring files and registrations to what a package asks for; used by
// install, and by enable to repair.

// The free bytes that an install or update wants which stages files of `bytes`.
std::uint64_t room_needed(std::uint64_t bytes);

// Throws kDiskFull if the install folder's volume has no room for `bytes` (room_needed); kCopyFile
// if it is not the volume on which the files are staged.
void check_room(machine::Machine& machine, std::uint64_t bytes, std::size_t files,
                const std::string& install_folder);

// plan_staging stages the files of `wanted` (all of the package's, or those that differ);
// plan_placing, with the same list, places what was staged. Staging throws what check_room throws.
// Both need plan.work_folder, and do nothing for an empty list.
void plan_staging(transaction::Plan& plan, machine::Machine& machine,
                  const package::CheckedPackage& checked,
                  const std::vector<package::PayloadFile>& wanted,
                  const std::string& install_folder);
void plan_placing(transaction::Plan& plan, const std::vector<package::PayloadFile>& wanted,
                  const std::string& install_folder);

// Takes back what the next boot would do to the version's files and folders; nothing if nothing is
// queued. Its phase is before the one that places files: its undo sees them as they were before.
void plan_queue_cleared(transaction::Plan& plan, machine::Machine& machine,
                        const product::VersionToBe& to_be);

// Takes back what the next boot would do to the settled version's files, as plan_queue_cleared: a
// command that stops the settled version may have to start it again behind a boot. Best effort.
void plan_settled_kept(transaction::Plan& plan, machine::Machine& machine,
                       const product::InstallationState& installation);

// The package's files whose target is missing or differs in size or hash.
std::vector<package::PayloadFile> differing_files(machine::Machine& machine,
                                                  const package::CheckedPackage& checked,
                                                  const std::string& install_folder);

// Registers what is missing and re-points what points elsewhere. Existing registrations keep their
// start type and their names.
void plan_registrations(transaction::Plan& plan, const product::InstallationState& installation,
                        const package::PayloadManifest& manifest,
                        const product::Inventory& inventory, const std::string& install_folder);

// The start type of a new registration: demand. Disabled if it replaces a preserved one
// (predecessor.h), which its own uninstall has removed: GuestProxyAgent depends on the service and
// would start the new one at a boot before anybody has tried it.
machine::StartType new_start_type(const product::InstallationState& installation);

// Returns true if replacing `files` leaves a driver, eBPFSvc or GuestProxyAgent (ebpfapi.dll)
// running on old files.
bool replaces_running(const product::Inventory& inventory, machine::Machine& machine,
                      const std::vector<package::PayloadFile>& files);

// The change of an install: the package's files, their folders and the services are ours; the
// version is settled. `placed`: the files that the plan puts in place; their ids are unknown yet.
product::InstallationChange installed_change(machine::Machine& machine,
                                             const package::CheckedPackage& checked,
                                             const std::vector<package::PayloadFile>& placed,
                                             const std::string& install_folder);

// The change of a command of an update that does not settle it: before the update settles nothing
// is ours; only the due restart is recorded.
product::InstallationChange unsettled(bool restart_due);

}  // namespace engine::planning
