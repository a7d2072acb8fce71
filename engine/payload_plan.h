#pragma once

#include <string>
#include <vector>

#include "engine/inventory.h"
#include "engine/known.h"
#include "engine/plan.h"
#include "package/package_check.h"

namespace engine {

// The parts of a plan that bring files and registrations to what a package asks for; used by
// install, and by enable to repair.

// Stages and places the files of `wanted` (all of the package's, or those that differ). Refuses
// kDiskFull where the volume is too small. Needs plan.work_folder. Does nothing for an empty list.
void plan_files(Plan& plan, machine::Machine& machine, const package::CheckedPackage& checked,
                const std::vector<package::PayloadFile>& wanted, const std::string& install_folder);

// The package's files whose target is missing or differs in size or hash.
std::vector<package::PayloadFile> differing_files(machine::Machine& machine,
                                                  const package::CheckedPackage& checked,
                                                  const std::string& install_folder);

// Registers what is missing and re-points what points elsewhere. Existing registrations keep their
// start type and their names.
void plan_registrations(Plan& plan, const package::Version& version,
                        const package::PayloadManifest& manifest, const Inventory& inventory,
                        const std::string& install_folder);

// Whether replacing `files` leaves something running on the old ones: a driver, eBPFSvc, or
// GuestProxyAgent (ebpfapi.dll).
bool replaces_running(const Inventory& inventory, machine::Machine& machine,
                      const std::vector<package::PayloadFile>& files);

// Once installed: the package's files, their folders and the services are ours; the version
// settled.
Settlement installed_settlement(machine::Machine& machine, const package::PayloadManifest& manifest,
                                const std::string& package_hash, const std::string& handler_version,
                                const std::string& install_folder, bool restart_due);

// Where a file of the package lies once installed.
std::string target_of(const package::PayloadFile& file, const std::string& install_folder);

}  // namespace engine
