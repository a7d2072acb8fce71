#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/product/installation_state.h"
#include "package/payload_manifest.h"

namespace engine::product {

struct InstallationState;

// The version that an enable is to leave running: its components, files and place.
struct VersionToBe {
  std::string version;                // of the payload: "1.0.0"; "" if unknown
  std::string install_folder;         // an absolute path; "": where the drivers are registered
  std::vector<std::string> services;  // the components that the version has
  std::vector<std::string> files;     // absolute paths
  std::string replaced_by = "another installer";  // of a newer one that is there instead

  bool has(std::string_view service) const;  // without case
  // The files, and the folders from the install folder to them: nothing may take them away.
  std::vector<std::string> paths() const;
};

// The package's version, installed in `install_folder`.
VersionToBe version_to_be(const package::PayloadManifest& manifest,
                          const std::string& install_folder);
// The settled version.
VersionToBe version_to_be(const InstallationState& installation);

}  // namespace engine::product
