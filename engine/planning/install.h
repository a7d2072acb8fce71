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

// Plans install; read-only. Throws every refusal here, before the first step: policy value set
//   1006; OS build too old or other architecture 51; a newer version installed 1005; no space 1108;
//   install folder on another volume 1007; a link, or others can write into it, 1111.
// Nothing installed, or files without registrations: places all files, registers the services
// (start type demand; enable makes them automatic). Same version: repairs what differs from the
// manifest. Another version: replaces it in its place: copies, stops what runs, sets the start
// types to disabled, flushes, swaps files, re-points services, removes what the new version does
// not have. Starts nothing. Takes back what somebody queued that the next boot would do to the
// version's files. Adds, last and best effort, the extras that are missing or another version's
// (extras.h).
transaction::Plan plan_install(machine::Machine& machine,
                               const product::InstallationState& installation,
                               const package::CheckedPackage& checked,
                               const InstallOptions& options);

// The checks of install that `update` makes before anything is stopped.
// Files in the install folder and its folders run as SYSTEM: throws 1111 if a folder is a link, or
// if somebody else can change it.
void check_install_folder(machine::Machine& machine, const package::PayloadManifest& manifest,
                          const std::string& install_folder);
void check_platform(machine::Machine& machine, const package::PayloadManifest& manifest);  // 51
// The version relation of a package to the installation on the machine, given the installation
// state.
product::FoundVersion replaced_version(const product::Inventory& inventory,
                                       const product::InstallationState& installation,
                                       const package::Version& version);
// Throws 1005 over a newer version, 1106 where the removal of that waits for the boot.
void check_not_newer(const product::Inventory& inventory, product::FoundVersion relation,
                     const package::Version& version,
                     const product::InstallationState& installation);

// Throws 1006 if an administrator forbids changes: HKLM\Software\eBPF EbpfDisableRuntimeUpdate is
// set, as a DWORD or in another type, to anything but 0 or "".
void check_policy(machine::Machine& machine);

// Returns true in Safe Mode, where Windows starts neither drivers nor services of eBPF (1084).
bool in_safe_mode(machine::Machine& machine);
// Throws kRebootNeeded in Safe Mode.
void check_boot_mode(machine::Machine& machine);

}  // namespace engine::planning
