#include "engine/product/version_to_be.h"

#include <algorithm>
#include <set>

#include "actions/machine/paths.h"
#include "engine/product/components.h"
#include "engine/product/installation_state.h"
#include "engine/product/payload.h"

namespace engine::product {

bool VersionToBe::has(std::string_view service) const {
  return std::any_of(services.begin(), services.end(), [service](const std::string& name) {
    return machine::equal_names(name, service);
  });
}

std::vector<std::string> VersionToBe::paths() const {
  std::vector<std::string> all = files;
  std::set<std::string> folders;  // folded
  for (const std::string& file : files) {
    for (std::string folder = machine::parent(file); machine::is_within(folder, install_folder);
         folder = machine::parent(folder)) {
      if (folders.insert(machine::fold_case(folder)).second) all.push_back(folder);
    }
  }
  return all;
}

VersionToBe version_to_be(const package::PayloadManifest& manifest,
                          const std::string& install_folder) {
  VersionToBe to_be;
  to_be.version = package::to_text(manifest.version);
  to_be.install_folder = install_folder;
  for (const package::PayloadFile& file : manifest.files)
    to_be.files.push_back(target_of(file, install_folder));
  for (const Component& component : components()) {
    if (brings(manifest, component)) to_be.services.emplace_back(component.service);
  }
  return to_be;
}

VersionToBe version_to_be(const InstallationState& installation) {
  VersionToBe to_be;
  to_be.version = installation.settled_version;
  to_be.install_folder = installation.install_folder;
  for (const journal::Owned& owned : installation.owned) {
    if (owned.kind == "file") to_be.files.push_back(owned.name);
    if (owned.kind == "service") to_be.services.push_back(owned.name);
  }
  return to_be;
}

}  // namespace engine::product
