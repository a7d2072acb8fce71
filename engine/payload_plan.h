#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "engine/inventory.h"
#include "engine/known.h"
#include "engine/plan.h"
#include "package/package_check.h"

namespace engine {

// The parts of a plan that bring files and registrations to what a package asks for; used by
// install, and by enable to repair.

// Refuses kDiskFull where the install folder's volume has no room for so many bytes, and a little
// more; kCopyFile where it is not the volume on which they are staged.
void check_room(machine::Machine& machine, std::uint64_t bytes, std::size_t files,
                const std::string& install_folder);

// Stages the files of `wanted` (all of the package's, or those that differ); places what was
// staged, given the same list. Refuses kDiskFull where the volume is too small. Need
// plan.work_folder. Do nothing for an empty list.
void plan_staging(Plan& plan, machine::Machine& machine, const package::CheckedPackage& checked,
                  const std::vector<package::PayloadFile>& wanted,
                  const std::string& install_folder);
void plan_placing(Plan& plan, const std::vector<package::PayloadFile>& wanted,
                  const std::string& install_folder);

// The package's files whose target is missing or differs in size or hash.
std::vector<package::PayloadFile> differing_files(machine::Machine& machine,
                                                  const package::CheckedPackage& checked,
                                                  const std::string& install_folder);

// Registers what is missing and re-points what points elsewhere. Existing registrations keep their
// start type and their names.
void plan_registrations(Plan& plan, const Known& known, const package::PayloadManifest& manifest,
                        const Inventory& inventory, const std::string& install_folder);

// Start type of what is registered anew: demand. Disabled in the place of what was preserved
// (predecessor.h): its uninstall has removed it, and GuestProxyAgent, which depends on it, would
// start the new one at a boot before anybody has tried it.
machine::StartType new_start_type(const Known& known);

// Whether replacing `files` leaves something running on the old ones: a driver, eBPFSvc, or
// GuestProxyAgent (ebpfapi.dll).
bool replaces_running(const Inventory& inventory, machine::Machine& machine,
                      const std::vector<package::PayloadFile>& files);

// The install folder, and those in it that have a file of the payload below them.
std::set<std::string> payload_folders(const package::PayloadManifest& manifest,
                                      const std::string& install_folder);

// Once installed: the package's files, their folders and the services are ours; the version
// settled.
Settlement installed_settlement(machine::Machine& machine, const package::PayloadManifest& manifest,
                                const std::string& package_hash, const std::string& handler_version,
                                const std::string& install_folder, bool restart_due);

// What the journal learns from a command that goes on with an update: nothing is ours, nothing
// settled, before the update is; only that a restart is due.
std::function<Settlement(machine::Machine&)> unsettled(bool restart_due);

// Whether the package has that component: it is registered, started, and asked for afterwards.
bool brings(const package::PayloadManifest& manifest, const Component& component);

// Where a file of the package lies once installed.
std::string target_of(const package::PayloadFile& file, const std::string& install_folder);

}  // namespace engine
