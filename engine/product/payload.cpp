#include "engine/product/payload.h"

#include <algorithm>

#include "actions/machine/paths.h"

namespace engine::product {

std::string windows_form(std::string path) {
  std::replace(path.begin(), path.end(), '/', '\\');
  return path;
}

std::string target_of(const package::PayloadFile& file, const std::string& install_folder) {
  return machine::join(install_folder, windows_form(file.path));
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

bool is_file_of(const Component& component, const package::PayloadFile& file) {
  return machine::equal_names(component.file, file.path);
}

const package::PayloadFile* file_of(const package::PayloadManifest& manifest,
                                    const Component& component) {
  for (const package::PayloadFile& file : manifest.files) {
    if (is_file_of(component, file)) return &file;
  }
  return nullptr;
}

bool brings(const package::PayloadManifest& manifest, const Component& component) {
  return manifest.version.major >= component.since_major && file_of(manifest, component) != nullptr;
}

}  // namespace engine::product
