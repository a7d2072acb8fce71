#include "engine/planning/repair.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "engine/planning/files.h"
#include "engine/planning/services.h"
#include "engine/product/payload.h"
#include "errors/failure.h"
#include "journal/records.h"
#include "package/version.h"

namespace engine::planning {
namespace {

using errors::ExitCode;
using errors::Failure;

// The check of a package makes sure that its drivers and eBPFSvc have the payload's version. An
// image without a readable version is not the package's.
bool other_version(const product::Inventory& inventory, const std::string& path,
                   const std::string& settled_version) {
  return std::any_of(
      inventory.components.begin(), inventory.components.end(),
      [&](const product::FoundComponent& found) {
        return found.file_there && machine::equal_paths(found.file, path) &&
               (!found.version || package::to_text(*found.version) != settled_version);
      });
}

// Returns the owned files that are not as we left them. A file of the same size under another id is
// hashed: a copy of the same bytes will do. The version tells an image that was written over ours
// in place, with the same id and size.
std::vector<std::string> damaged_files(machine::Machine& machine,
                                       const product::InstallationState& installation,
                                       const product::Inventory& inventory) {
  std::vector<std::string> damaged;
  for (const journal::Owned& owned : installation.owned) {
    if (owned.kind != "file") continue;
    const auto info = machine.files().stat(owned.name);
    const bool there =
        info && info->kind == machine::FileKind::kFile &&
        static_cast<std::int64_t>(info->size) == owned.size &&
        (info->id == owned.file_id || machine.files().sha256(owned.name) == owned.sha256);
    if (!there || other_version(inventory, owned.name, installation.settled_version))
      damaged.push_back(owned.name);
  }
  return damaged;
}

std::vector<package::PayloadFile> restorable(const std::vector<std::string>& damaged,
                                             const product::InstallationState& installation,
                                             const OwnPackage& own,
                                             const package::CheckedPackage& checked) {
  std::vector<package::PayloadFile> files;
  for (const std::string& path : damaged) {
    const auto file = std::find_if(
        checked.manifest.files.begin(), checked.manifest.files.end(), [&](const auto& f) {
          return machine::equal_paths(product::target_of(f, installation.install_folder), path);
        });
    if (file == checked.manifest.files.end()) {
      throw Failure(ExitCode::kCopyFile, path,
                    "restore " + path + ": the package " + own.version + " does not have it");
    }
    files.push_back(*file);
  }
  return files;
}

// Whether a failing start of one of our drivers would restart the VM.
bool restarts_vm(const product::Inventory& inventory,
                 const product::InstallationState& installation) {
  return std::any_of(inventory.components.begin(), inventory.components.end(),
                     [&](const product::FoundComponent& found) {
                       return installation.owns_service(found.component->service) &&
                              found.restarts_vm();
                     });
}

// Whether a registration of the settled version is gone, has a path from which Windows does not
// start it or that is elsewhere, or has another type.
bool registrations_differ(const product::Inventory& inventory,
                          const product::InstallationState& installation) {
  return std::any_of(
      inventory.components.begin(), inventory.components.end(),
      [&](const product::FoundComponent& found) {
        const std::string image = machine::join(installation.install_folder, found.component->file);
        return installation.owns_service(found.component->service) &&
               (!found.starts_from(image) || found.config->type != found.component->type);
      });
}

}  // namespace

Repair plan_repair(transaction::Plan& plan, machine::Machine& machine,
                   const product::InstallationState& installation, const OwnPackage& own,
                   const product::Inventory& inventory, bool& restart_due) {
  const std::vector<std::string> damaged = damaged_files(machine, installation, inventory);
  const bool wrong = registrations_differ(inventory, installation);
  // Only the settled version's own handler mends it; of any other the status warns.
  const bool mends =
      restarts_vm(inventory, installation) && own.version == installation.settled_version;
  if (damaged.empty() && !wrong && !mends) return {};
  const std::string object = damaged.empty() ? product::describe(inventory) : damaged.front();
  if (own.version != installation.settled_version) {
    throw Failure(ExitCode::kCopyFile, object,
                  "restore " + object + ": it belongs to eBPF " + installation.settled_version +
                      ", this package is " + (own.version.empty() ? "unreadable" : own.version))
        .advise("Deploy the extension's version " + installation.settled_version + " again.");
  }
  Repair repair{own.check(), {}};
  const package::CheckedPackage& checked = *repair.checked;
  repair.files = restorable(damaged, installation, own, checked);
  const auto& files = repair.files;
  restart_due = restart_due || replaces_running(inventory, machine, files);
  plan_staging(plan, machine, checked, files, installation.install_folder);
  plan_placing(plan, files, installation.install_folder);
  plan_registrations(plan, installation, checked.manifest, inventory, installation.install_folder);
  plan.change = installed_change(machine, checked, files, installation.install_folder);
  return repair;
}

}  // namespace engine::planning
