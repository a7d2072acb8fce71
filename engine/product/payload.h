#pragma once

#include <set>
#include <string>

#include "engine/product/components.h"
#include "package/payload_manifest.h"

namespace engine::product {

// What the files of a package are to an installation.

// "drivers/ebpfcore.sys" -> "drivers\ebpfcore.sys"
std::string windows_form(std::string path);

// Where a file of the package lies once installed.
std::string target_of(const package::PayloadFile& file, const std::string& install_folder);

// The install folder, and those in it that have a file of the payload below them.
std::set<std::string> payload_folders(const package::PayloadManifest& manifest,
                                      const std::string& install_folder);

// Whether the package has that component: it is registered, started, and asked for afterwards.
bool brings(const package::PayloadManifest& manifest, const Component& component);

// The image of a component in the package; nullptr: it has none.
const package::PayloadFile* file_of(const package::PayloadManifest& manifest,
                                    const Component& component);
bool is_file_of(const Component& component, const package::PayloadFile& file);

}  // namespace engine::product
