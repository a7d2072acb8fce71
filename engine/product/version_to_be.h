#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/product/installation_state.h"
#include "package/payload_manifest.h"

namespace engine::product {

struct InstallationState;

// What runs of a version, and where, once an enable has brought it up.
struct VersionToBe {
  std::string version;                // of the payload: "1.0.0"; "": none is known
  std::string install_folder;         // an absolute path; "": where the drivers are registered
  std::vector<std::string> services;  // the components that the version has
  std::vector<std::string> files;     // absolute paths

  bool has(std::string_view service) const;  // without case
};

// Of a package once it lies in `install_folder`.
VersionToBe version_to_be(const package::PayloadManifest& manifest,
                          const std::string& install_folder);
// Of what is settled.
VersionToBe version_to_be(const InstallationState& installation);

}  // namespace engine::product
