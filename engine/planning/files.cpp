#include "engine/planning/files.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>

#include "actions/best_effort.h"
#include "actions/files/place_files.h"
#include "actions/files/stage_files.h"
#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "actions/registry/take_back_deletions.h"
#include "actions/services/register_service.h"
#include "engine/planning/services.h"
#include "engine/product/components.h"
#include "engine/product/installation_change.h"
#include "engine/product/meta.h"
#include "engine/product/payload.h"
#include "engine/product/predecessor.h"
#include "engine/transaction/phase.h"
#include "errors/failure.h"

namespace engine::planning {
namespace {

using errors::ExitCode;
using errors::Failure;

// Stays free beside the staged files, for the journal's growth and the retained files' folder
// entries.
constexpr std::uint64_t kSpareBytes = 8 * 1024 * 1024;

// "0003-ebpfapi.dll": unique in its folder, and still tells a person what it is.
std::string staged_name(std::size_t index, const package::PayloadFile& file) {
  constexpr std::size_t kDigits = 4;
  std::string number = std::to_string(index + 1);
  number.insert(0, kDigits - std::min(kDigits, number.size()), '0');
  return number + "-" + machine::file_name(file.path);
}

// Files are swapped by renames, which do not cross volumes.
void check_volume(machine::Machine& machine, const std::string& install_folder) {
  const std::string staged = machine::drive(machine.system().program_data());
  if (machine::equal_names(machine::drive(install_folder), staged)) return;
  throw Failure(ExitCode::kCopyFile, install_folder,
                "install into " + install_folder + ": it is on another volume than " + staged +
                    ", where files are made ready to be swapped at once");
}

}  // namespace

std::vector<package::PayloadFile> differing_files(machine::Machine& machine,
                                                  const package::CheckedPackage& checked,
                                                  const std::string& install_folder) {
  std::vector<package::PayloadFile> differing;
  for (const package::PayloadFile& file : checked.manifest.files) {
    const std::string target = product::target_of(file, install_folder);
    const auto info = machine.files().stat(target);
    const bool same = info && info->kind == machine::FileKind::kFile && info->size == file.size &&
                      machine.files().sha256(target) == file.sha256;
    if (!same) differing.push_back(file);
  }
  return differing;
}

std::uint64_t room_needed(std::uint64_t bytes) { return bytes + kSpareBytes; }

void check_room(machine::Machine& machine, std::uint64_t bytes, std::size_t files,
                const std::string& install_folder) {
  check_volume(machine, install_folder);
  const std::uint64_t needed = room_needed(bytes);
  const std::uint64_t free = machine.files().free_bytes(install_folder);
  if (free >= needed) return;
  throw Failure(ExitCode::kDiskFull, install_folder,
                "make room for " + std::to_string(files) + " files: " + std::to_string(needed) +
                    " bytes are needed on the volume of " + install_folder + ", " +
                    std::to_string(free) + " are free");
}

void plan_staging(transaction::Plan& plan, machine::Machine& machine,
                  const package::CheckedPackage& checked,
                  const std::vector<package::PayloadFile>& wanted,
                  const std::string& install_folder) {
  if (wanted.empty()) return;
  std::uint64_t bytes = 0;
  std::vector<actions::files::StagedFile> staged;
  for (const package::PayloadFile& file : wanted) {
    staged.push_back({file.path, staged_name(staged.size(), file), file.size, file.sha256});
    bytes += file.size;
  }
  check_room(machine, bytes, wanted.size(), install_folder);
  plan.add<actions::files::StageFiles>(transaction::Phase::kStage, checked.payload_folder,
                                       plan.work_folder, std::move(staged));
}

void plan_placing(transaction::Plan& plan, const std::vector<package::PayloadFile>& wanted,
                  const std::string& install_folder) {
  if (wanted.empty()) return;
  std::vector<actions::files::PlacedFile> placed;
  placed.reserve(wanted.size());
  for (const package::PayloadFile& file : wanted) {
    placed.push_back({product::windows_form(file.path), staged_name(placed.size(), file),
                      file.sha256, file.size});
  }
  plan.add<actions::files::PlaceFiles>(transaction::Phase::kChange, install_folder,
                                       plan.work_folder, std::move(placed));
}

void plan_queue_cleared(transaction::Plan& plan, machine::Machine& machine,
                        const product::VersionToBe& to_be) {
  std::vector<std::string> queued = actions::registry::queued_paths(machine, to_be.paths());
  if (queued.empty()) return;
  plan.add<actions::registry::TakeBackDeletions>(transaction::Phase::kStage, std::move(queued));
}

void plan_settled_kept(transaction::Plan& plan, machine::Machine& machine,
                       const product::InstallationState& installation) {
  auto queued = actions::if_readable([&] {
    return actions::registry::queued_paths(machine, product::version_to_be(installation).paths());
  });
  if (!queued || queued->empty()) return;
  plan.add<actions::registry::TakeBackDeletions>(transaction::Phase::kStage, std::move(*queued))
      .vital = false;
}

machine::StartType new_start_type(const product::InstallationState& installation) {
  return product::replaces_preserved(installation) ? machine::StartType::kDisabled
                                                   : machine::StartType::kDemand;
}

void plan_registrations(transaction::Plan& plan, const product::InstallationState& installation,
                        const package::PayloadManifest& manifest,
                        const product::Inventory& inventory, const std::string& install_folder) {
  for (const product::FoundComponent& found : inventory.components) {
    const product::Component& component = *found.component;
    if (!product::brings(manifest, component)) continue;
    const std::string image =
        product::target_of(*product::file_of(manifest, component), install_folder);
    const bool is_driver = component.type == machine::ServiceType::kKernelDriver;
    // A program's image path is a command line: without quotes Windows tries C:\Program.exe first.
    const std::string stored = is_driver ? image : "\"" + image + "\"";
    machine::ServiceConfig wanted = product::new_registration(component, stored);
    wanted.start = new_start_type(installation);
    if (found.config) {
      const bool is_well = found.starts_from(image) && !found.restarts_vm();
      const bool same_account = machine::equal_names(found.config->account, wanted.account) &&
                                found.config->sid_type == wanted.sid_type;
      if (is_well && found.config->type == component.type && (is_driver || same_account)) continue;
      const machine::ServiceConfig fresh = wanted;
      wanted = *found.config;
      wanted.type = fresh.type;
      wanted.image = stored;
      if (found.restarts_vm()) wanted.error_control = fresh.error_control;
      if (!is_driver) {
        wanted.account = fresh.account;
        wanted.sid_type = fresh.sid_type;
      }
    }
    plan.add<actions::services::RegisterService>(transaction::Phase::kChange,
                                                 std::string(component.service), wanted);
  }
}

bool replaces_running(const product::Inventory& inventory, machine::Machine& machine,
                      const std::vector<package::PayloadFile>& files) {
  for (const package::PayloadFile& file : files) {
    for (const product::FoundComponent& found : inventory.components) {
      if (product::is_file_of(*found.component, file) && active(found.status)) return true;
    }
    if (machine::equal_names(file.path, product::kApiLibrary) &&
        active(machine.services().status(product::kGuestProxyAgent)))
      return true;
  }
  return false;
}

product::InstallationChange installed_change(machine::Machine& machine,
                                             const package::CheckedPackage& checked,
                                             const std::vector<package::PayloadFile>& placed,
                                             const std::string& install_folder) {
  namespace meta = product::meta;
  const package::PayloadManifest& manifest = checked.manifest;
  const std::string version = package::to_text(manifest.version);
  product::InstallationChange change;
  change.forget_all_owned = true;
  if (!placed.empty()) change.placed_in = install_folder;
  std::set<std::string_view> in_place;  // once the plan is carried out
  for (const package::PayloadFile& file : placed)
    in_place.insert(file.path);
  for (const package::PayloadFile& file : manifest.files) {
    const std::string target = product::target_of(file, install_folder);
    journal::Owned row{"file", target, file.sha256, "", static_cast<std::int64_t>(file.size),
                       version};
    const auto info = in_place.contains(file.path) ? std::nullopt : machine.files().stat(target);
    if (info) row.file_id = info->id;
    change.put_owned.push_back(std::move(row));
  }
  for (const std::string& folder : product::payload_folders(manifest, install_folder))
    change.put_owned.push_back({"folder", folder, "", "", 0, version});
  for (const product::Component& component : product::components()) {
    if (!product::brings(manifest, component)) continue;
    change.put_owned.push_back({"service", std::string(component.service), "", "", 0, version});
  }
  change.put_meta = {{meta::kSettledVersion, version},
                     {meta::kInstallFolder, install_folder},
                     {meta::kPackage, checked.identity}};
  change.forget_meta = {meta::kTakeOver, meta::kInconsistent, meta::kPreserved};
  return change;
}

product::InstallationChange unsettled(bool restart_due) {
  product::InstallationChange change;
  if (restart_due) change.put_meta.emplace_back(product::meta::kRestartDue, "1");
  return change;
}

}  // namespace engine::planning
