#pragma once

#include <string>

#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "engine/transaction/plan.h"
#include "package/package_check.h"

namespace engine::planning {

struct InstallOptions {
  std::string handler_version;  // "0.10.0.1"
  std::string work_folder;
  bool downgrade = false;  // an update to an older version is open: it may replace a newer one
};

// What install would do. Read-only. Everything that can refuse does so here, before the first step:
//   policy value set 1006; OS build too old or other architecture 51; a newer version installed
//   1005; no space 1108; the install folder is on another volume 1007; it is a link, or others can
//   write into it, 1111.
// Nothing installed, or files without registrations: places all files, registers the services
// (start type demand; enable makes them automatic). Same version: repairs what differs from the
// manifest. Another version: replaces it in the place where it is: copies, stops what runs, sets
// the start types to disabled, flushes, swaps files, re-points services, takes away what the new
// version does not have. Starts nothing. Last, best effort: the extras that are missing or
// another version's (extras.h).
transaction::Plan plan_install(machine::Machine& machine,
                               const product::InstallationState& installation,
                               const package::CheckedPackage& checked,
                               const InstallOptions& options);

// The parts of it that `update` checks before anything is stopped.
// What is in the install folder and its folders runs as SYSTEM: none is a link, and nobody else can
// change them. Throws 1111.
void check_install_folder(machine::Machine& machine, const package::PayloadManifest& manifest,
                          const std::string& install_folder);
void check_platform(machine::Machine& machine, const package::PayloadManifest& manifest);  // 51
// How a package stands to what is there, given what the journal knows of it.
product::FoundVersion replaced_version(const product::Inventory& inventory,
                                       const product::InstallationState& installation,
                                       const package::Version& version);
void check_not_newer(const product::Inventory& inventory, product::FoundVersion stands,
                     const package::Version& version);  // 1005

// Whether an administrator forbids changes: HKLM\Software\eBPF EbpfDisableRuntimeUpdate, a DWORD or
// number that is not 0. Throws 1006.
void check_policy(machine::Machine& machine);

}  // namespace engine::planning
