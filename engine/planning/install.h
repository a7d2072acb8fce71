#pragma once

#include <string>

#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "engine/product/origin.h"
#include "engine/product/treatment.h"
#include "engine/transaction/plan.h"
#include "package/package_check.h"

namespace engine::planning {

struct InstallOptions {
  std::string handler_version;  // "0.10.0.1"
  std::string work_folder;
  bool downgrade = false;  // an update to an older version is open: it may replace a newer one
  bool adopts = false;     // no update is open: what is found in the same version stays as it was
};

// Plans install; read-only. Throws every refusal here, before the first step: policy value set
//   1006; OS build too old or other architecture 51; a newer version installed 1005; a product of
//   Windows Installer in another version 1112; no space 1108; install folder on another volume
//   1007; a link, or others can write into it, 1111.
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
// How an install or update treats what is there, and the facts of that. Throws the refusal
// (origins.h). `downgrade`: a newer version that is nobody else's counts as another one to replace.
struct Replaced {
  product::OriginFacts facts;
  product::Treatment treatment = product::Treatment::kInstall;
};
Replaced replaced(machine::Machine& machine, const product::Inventory& inventory,
                  const product::InstallationState& installation, const package::Version& version,
                  bool downgrade);

// Throws 1006 if an administrator forbids changes: HKLM\Software\eBPF EbpfDisableRuntimeUpdate is
// set, as a DWORD or in another type, to anything but 0 or "".
void check_policy(machine::Machine& machine);

// Returns true in Safe Mode, where Windows starts neither drivers nor services of eBPF (1084).
bool in_safe_mode(machine::Machine& machine);
// Throws kRebootNeeded in Safe Mode.
void check_boot_mode(machine::Machine& machine);

}  // namespace engine::planning
