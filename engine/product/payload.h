#pragma once

#include <set>
#include <string>

#include "engine/product/components.h"
#include "package/payload_manifest.h"

namespace engine::product {

// Maps the files of a package to an installation.

// "drivers/ebpfcore.sys" -> "drivers\ebpfcore.sys"
std::string windows_form(std::string path);

// The path of a package's file once it is installed.
std::string target_of(const package::PayloadFile& file, const std::string& install_folder);

// The install folder, and each folder in it that has a file of the payload below it.
std::set<std::string> payload_folders(const package::PayloadManifest& manifest,
                                      const std::string& install_folder);

// Whether the package has the component: then it is registered, started and seen by the last look.
bool brings(const package::PayloadManifest& manifest, const Component& component);

// Returns the image of a component in the package, or nullptr.
const package::PayloadFile* file_of(const package::PayloadManifest& manifest,
                                    const Component& component);
bool is_file_of(const Component& component, const package::PayloadFile& file);

}  // namespace engine::product
