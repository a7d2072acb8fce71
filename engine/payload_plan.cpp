#include "engine/payload_plan.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "actions/files/place_files.h"
#include "actions/files/stage_files.h"
#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "actions/services/register_service.h"
#include "engine/predecessor.h"
#include "engine/service_plan.h"
#include "errors/failure.h"

namespace engine {
namespace {

using errors::ExitCode;
using errors::Failure;

// What stays free beside the staged files: the journal's growth, the retained files' folder
// entries.
constexpr std::uint64_t kSpareBytes = 8 * 1024 * 1024;

std::string windows_form(std::string path) {
  std::replace(path.begin(), path.end(), '/', '\\');
  return path;
}

// "0003-ebpfapi.dll": unique in its folder, and still tells a person what it is.
std::string staged_name(std::size_t index, const package::PayloadFile& file) {
  constexpr std::size_t kDigits = 4;
  std::string number = std::to_string(index + 1);
  number.insert(0, kDigits - std::min(kDigits, number.size()), '0');
  return number + "-" + machine::file_name(file.path);
}

bool is_component_file(const Component& component, const package::PayloadFile& file) {
  return machine::equal_names(component.file, file.path);
}

const package::PayloadFile* file_of(const package::PayloadManifest& manifest,
                                    const Component& component) {
  for (const package::PayloadFile& file : manifest.files) {
    if (is_component_file(component, file)) return &file;
  }
  return nullptr;
}

// Renames, by which files are swapped, do not cross volumes.
void check_volume(machine::Machine& machine, const std::string& install_folder) {
  const std::string staged = machine::drive(machine.system().program_data());
  if (machine::equal_names(machine::drive(install_folder), staged)) return;
  throw Failure(ExitCode::kCopyFile, install_folder,
                "install into " + install_folder + ": it is on another volume than " + staged +
                    ", where files are made ready to be swapped at once");
}

}  // namespace

bool brings(const package::PayloadManifest& manifest, const Component& component) {
  return manifest.version.major >= component.since_major && file_of(manifest, component) != nullptr;
}

std::string target_of(const package::PayloadFile& file, const std::string& install_folder) {
  return machine::join(install_folder, windows_form(file.path));
}

std::vector<package::PayloadFile> differing_files(machine::Machine& machine,
                                                  const package::CheckedPackage& checked,
                                                  const std::string& install_folder) {
  std::vector<package::PayloadFile> differing;
  for (const package::PayloadFile& file : checked.manifest.files) {
    const std::string target = target_of(file, install_folder);
    const auto info = machine.files().stat(target);
    const bool same = info && info->kind == machine::FileKind::kFile && info->size == file.size &&
                      machine.files().sha256(target) == file.sha256;
    if (!same) differing.push_back(file);
  }
  return differing;
}

void check_room(machine::Machine& machine, std::uint64_t bytes, std::size_t files,
                const std::string& install_folder) {
  check_volume(machine, install_folder);
  const std::uint64_t needed = bytes + kSpareBytes;
  const std::uint64_t free = machine.files().free_bytes(install_folder);
  if (free >= needed) return;
  throw Failure(ExitCode::kDiskFull, install_folder,
                "make room for " + std::to_string(files) + " files: " + std::to_string(needed) +
                    " bytes are needed on the volume of " + install_folder + ", " +
                    std::to_string(free) + " are free");
}

void plan_staging(Plan& plan, machine::Machine& machine, const package::CheckedPackage& checked,
                  const std::vector<package::PayloadFile>& wanted,
                  const std::string& install_folder) {
  if (wanted.empty()) return;
  std::uint64_t bytes = 0;
  std::vector<actions::StagedFile> staged;
  for (const package::PayloadFile& file : wanted) {
    staged.push_back({file.path, staged_name(staged.size(), file), file.size, file.sha256});
    bytes += file.size;
  }
  check_room(machine, bytes, wanted.size(), install_folder);
  plan.step<actions::StageFiles>(checked.payload_folder, plan.work_folder, std::move(staged));
}

void plan_placing(Plan& plan, const std::vector<package::PayloadFile>& wanted,
                  const std::string& install_folder) {
  if (wanted.empty()) return;
  std::vector<actions::PlacedFile> placed;
  placed.reserve(wanted.size());
  for (const package::PayloadFile& file : wanted) {
    placed.push_back(
        {windows_form(file.path), staged_name(placed.size(), file), file.sha256, file.size});
  }
  plan.step<actions::PlaceFiles>(install_folder, plan.work_folder, std::move(placed));
}

machine::StartType new_start_type(const Known& known) {
  return replaces_preserved(known) ? machine::StartType::kDisabled : machine::StartType::kDemand;
}

void plan_registrations(Plan& plan, const Known& known, const package::PayloadManifest& manifest,
                        const Inventory& inventory, const std::string& install_folder) {
  for (const FoundComponent& found : inventory.components) {
    const Component& component = *found.component;
    if (!brings(manifest, component)) continue;
    const std::string image = target_of(*file_of(manifest, component), install_folder);
    const bool is_driver = component.type == machine::ServiceType::kKernelDriver;
    // A program's is a command line: without quotes Windows would try C:\Program.exe first.
    const std::string stored = is_driver ? image : "\"" + image + "\"";
    machine::ServiceConfig wanted = new_registration(component, stored);
    wanted.start = new_start_type(known);
    if (found.config) {
      const bool same_image = machine::equal_paths(found.image, image);
      const bool same_account = machine::equal_names(found.config->account, wanted.account) &&
                                found.config->sid_type == wanted.sid_type;
      if (same_image && found.config->type == component.type && (is_driver || same_account))
        continue;
      const machine::ServiceConfig fresh = wanted;
      wanted = *found.config;
      wanted.type = fresh.type;
      wanted.image = stored;
      if (!is_driver) {
        wanted.account = fresh.account;
        wanted.sid_type = fresh.sid_type;
      }
    }
    plan.step<actions::RegisterService>(std::string(component.service), wanted);
  }
}

bool replaces_running(const Inventory& inventory, machine::Machine& machine,
                      const std::vector<package::PayloadFile>& files) {
  for (const package::PayloadFile& file : files) {
    for (const FoundComponent& found : inventory.components) {
      if (is_component_file(*found.component, file) && active(found.status)) return true;
    }
    if (machine::equal_names(file.path, kApiLibrary) &&
        active(machine.services().status(kGuestProxyAgent)))
      return true;
  }
  return false;
}

std::set<std::string> payload_folders(const package::PayloadManifest& manifest,
                                      const std::string& install_folder) {
  std::set<std::string> folders{install_folder};
  for (const package::PayloadFile& file : manifest.files) {
    for (std::string folder = machine::parent(target_of(file, install_folder));
         machine::is_within(folder, install_folder); folder = machine::parent(folder)) {
      folders.insert(folder);
    }
  }
  return folders;
}

Settlement installed_settlement(machine::Machine& machine, const package::PayloadManifest& manifest,
                                const std::string& package_hash, const std::string& handler_version,
                                const std::string& install_folder, bool restart_due) {
  Settlement settlement;
  settlement.forget_all_owned = true;
  const std::string version = package::to_text(manifest.version);
  for (const package::PayloadFile& file : manifest.files) {
    const std::string target = target_of(file, install_folder);
    const auto info = machine.files().stat(target);
    if (!info)
      throw Failure(ExitCode::kCopyFile, target, "find " + target + ", which was just installed");
    settlement.put_owned.push_back(
        {"file", target, file.sha256, info->id, static_cast<std::int64_t>(file.size), version});
  }
  for (const std::string& folder : payload_folders(manifest, install_folder))
    settlement.put_owned.push_back({"folder", folder, "", "", 0, version});
  for (const Component& component : components()) {
    if (!brings(manifest, component)) continue;
    settlement.put_owned.push_back({"service", std::string(component.service), "", "", 0, version});
  }
  settlement.put_meta = {{meta::kSettledVersion, version},
                         {meta::kSettledHandler, handler_version},
                         {meta::kInstallFolder, install_folder},
                         {meta::kPackage, package_hash}};
  if (restart_due) settlement.put_meta.emplace_back(meta::kRestartDue, "1");
  settlement.forget_meta = {meta::kTakeOver, meta::kInconsistent, meta::kPreserved};
  return settlement;
}

std::function<Settlement(machine::Machine&)> unsettled(bool restart_due) {
  return [restart_due](machine::Machine&) {
    Settlement settlement;
    if (restart_due) settlement.put_meta.emplace_back(meta::kRestartDue, "1");
    return settlement;
  };
}

}  // namespace engine
