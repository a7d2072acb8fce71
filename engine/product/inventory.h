#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actions/machine/machine.h"
#include "actions/machine/services.h"
#include "engine/product/components.h"
#include "package/version.h"

namespace engine::product {

// One component as the machine has it.
struct FoundComponent {
  const Component* component = nullptr;
  std::optional<machine::ServiceConfig> config;  // nullopt: not registered
  std::optional<machine::ServiceStatus> status;
  std::string image;  // the file that the registration names, normalised; "" without one
  std::string file;   // where the file was looked for: the image, else the install folder's
  bool file_there = false;
  std::optional<package::Version> version;  // of that file; nullopt: no file or no readable version
};

// What is on the machine, seen without the journal. The truth is each service's ImagePath, then the
// file at that path, then the default folder.
struct Inventory {
  std::vector<FoundComponent> components;  // all of the table, in start order
  std::string install_folder;              // of the registered drivers, else the default folder
  bool one_folder = true;                  // all registrations point into install_folder

  bool anything_registered() const;
  bool any_file() const;
  const FoundComponent& of(std::string_view service) const;
};

// `settled_folder`: where the journal says that we installed; "" if it knows nothing.
Inventory detect(machine::Machine& machine, const std::string& settled_folder);

// How what is on the machine stands to a package's version.
enum class FoundVersion {
  kNothing,  // no registration, no file
  kResidue,  // files without any registration
  kSame,     // every readable version is the package's (parts may be missing or unreadable)
  kOlder,    // at least one part is older, none is newer
  kNewer     // at least one part is newer
};
FoundVersion found_version(const Inventory& inventory, const package::Version& version);

// Somebody else has put a newer version where `settled` (text; "": nothing) was: every component
// that has a readable version is newer. One that stands alone is damage.
bool newer_in_place(const Inventory& inventory, const std::string& settled);

// "EbpfCore 0.9.1, NetEbpfExt 0.9.1, eBPFSvc absent": for messages.
std::string describe(const Inventory& inventory);

}  // namespace engine::product
