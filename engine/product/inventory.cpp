#include "engine/product/inventory.h"

#include <algorithm>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "engine/product/places.h"
#include "engine/product/policy.h"

namespace engine::product {
namespace {

constexpr std::string_view kDriversFolder = "drivers";

// "C:\x\drivers\ebpfcore.sys" -> "C:\x"; a service program lies in the install folder itself.
std::string install_folder_of(const Component& component, const std::string& image) {
  std::string folder = machine::parent(image);
  const bool in_drivers = component.file.starts_with(kDriversFolder);
  if (!in_drivers) return folder;
  return machine::equal_paths(machine::file_name(folder), kDriversFolder) ? machine::parent(folder)
                                                                          : folder;
}

std::optional<package::Version> program_version(machine::Files& files, const std::string& path) {
  const auto version = files.version(path);
  if (!version) return std::nullopt;
  return package::version_of(*version);
}

// Returns the folder of a complete installation that lives: both drivers are registered in it,
// their files are there in one version, the library lies beside them, and only administrators can
// write there. "" if there is none. Any other registration says nothing of where files belong: its
// folder may be gone, of users, or Windows' own.
std::string live_folder(machine::Machine& machine, const Inventory& inventory) {
  std::string folder;
  std::optional<package::Version> version;
  for (const FoundComponent& found : inventory.components) {
    if (found.component->type != machine::ServiceType::kKernelDriver) continue;
    if (!found.config || found.image.empty() || !machine.files().stat(found.image)) return "";
    const std::string in = install_folder_of(*found.component, found.image);
    const auto its_version = program_version(machine.files(), found.image);
    const bool first = folder.empty();
    if (!its_version || (!first && !(machine::equal_paths(in, folder) && *its_version == *version)))
      return "";
    folder = in;
    version = its_version;
  }
  const bool is_ours =
      !folder.empty() && !machine::is_within(folder, machine.system().system_root()) &&
      machine.files().stat(machine::join(folder, kApiLibrary)) && !other_writer(machine, folder);
  return is_ours ? folder : "";
}

}  // namespace

bool FoundComponent::starts_from(std::string_view path) const {
  if (!config || !machine::equal_paths(image, path)) return false;
  const bool quoted = config->image.starts_with('"');
  return !quoted || config->type != machine::ServiceType::kKernelDriver;
}

bool FoundComponent::restarts_vm() const {
  constexpr std::uint32_t kNormal = 1;  // SERVICE_ERROR_NORMAL
  return config && config->type == machine::ServiceType::kKernelDriver &&
         config->error_control > kNormal;
}

bool Inventory::anything_registered() const {
  return std::any_of(components.begin(), components.end(),
                     [](const FoundComponent& c) { return c.config.has_value(); });
}

bool Inventory::any_file() const {
  return std::any_of(components.begin(), components.end(),
                     [](const FoundComponent& c) { return c.file_there; });
}

const FoundComponent& Inventory::of(std::string_view service) const {
  return *std::find_if(components.begin(), components.end(), [service](const FoundComponent& c) {
    return machine::equal_names(c.component->service, service);
  });
}

Inventory detect(machine::Machine& machine, const std::string& settled_folder) {
  Inventory inventory;
  for (const Component& component : components()) {
    FoundComponent found;
    found.component = &component;
    found.config = machine.services().config(component.service);
    if (found.config) {
      found.status = machine.services().status(component.service);
      found.image = machine::image_file(found.config->image, machine.system().system_root(),
                                        machine.system().program_files());
    }
    inventory.components.push_back(std::move(found));
  }
  inventory.install_folder =
      settled_folder.empty() ? live_folder(machine, inventory) : settled_folder;
  if (inventory.install_folder.empty()) inventory.install_folder = default_install_folder(machine);

  for (FoundComponent& found : inventory.components) {
    if (found.config && !machine::equal_paths(install_folder_of(*found.component, found.image),
                                              inventory.install_folder)) {
      inventory.one_folder = false;
    }
    found.file = found.image.empty()
                     ? machine::join(inventory.install_folder, found.component->file)
                     : found.image;
    const auto info = machine.files().stat(found.file);
    found.file_there = info && info->kind == machine::FileKind::kFile;
    if (found.file_there) found.version = program_version(machine.files(), found.file);
  }
  return inventory;
}

FoundVersion found_version(const Inventory& inventory, const package::Version& version) {
  if (!inventory.anything_registered())
    return inventory.any_file() ? FoundVersion::kResidue : FoundVersion::kNothing;
  bool older = false;
  bool newer = false;
  for (const FoundComponent& found : inventory.components) {
    // A file left behind by a component that is not registered does not run and decides nothing.
    if (!found.version || !found.config) continue;
    older = older || *found.version < version;
    newer = newer || version < *found.version;
  }
  if (newer) return FoundVersion::kNewer;
  return older ? FoundVersion::kOlder : FoundVersion::kSame;
}

bool newer_in_place(const Inventory& inventory, const std::string& settled) {
  const auto version = package::parse_version(settled);
  if (!version) return false;
  bool any = false;
  for (const FoundComponent& found : inventory.components) {
    if (!found.config || !found.version) continue;
    if (*found.version <= *version) return false;
    any = true;
  }
  return any;
}

std::optional<package::Version> version_in_place(const Inventory& inventory) {
  std::optional<package::Version> version;
  for (const FoundComponent& found : inventory.components) {
    if (!found.config) continue;
    if (!found.version || (version && *version != *found.version)) return std::nullopt;
    version = found.version;
  }
  return version;
}

bool is_complete(machine::Machine& machine, const Inventory& inventory) {
  if (!version_in_place(inventory)) return false;
  for (const FoundComponent& found : inventory.components) {
    if (found.component->type != machine::ServiceType::kKernelDriver) continue;
    const std::string folder = install_folder_of(*found.component, found.image);
    if (!found.config || !machine.files().stat(machine::join(folder, kApiLibrary))) return false;
  }
  return true;
}

std::string describe(const Inventory& inventory) {
  std::string text;
  for (const FoundComponent& found : inventory.components) {
    if (!text.empty()) text += ", ";
    text += std::string(found.component->service) + " ";
    if (!found.config) {
      text += found.file_there ? "not registered (file there)" : "absent";
    } else if (!found.file_there) {
      text += "registered, file missing";
    } else {
      text += found.version ? package::to_text(*found.version) : "of unknown version";
    }
  }
  return text;
}

}  // namespace engine::product
