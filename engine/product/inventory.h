#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actions/machine/machine.h"
#include "actions/machine/services.h"
#include "engine/product/components.h"
#include "package/version.h"

namespace engine::product {

// A component as detected on the machine.
struct FoundComponent {
  const Component* component = nullptr;
  std::optional<machine::ServiceConfig> config;  // nullopt: not registered
  std::optional<machine::ServiceStatus> status;
  std::string image;  // the file that the registration names, normalised; "" without one
  std::string file;   // the path where the file was expected: the image, else in install_folder
  bool file_there = false;
  std::optional<package::Version> version;  // of `file`; nullopt: no file or no readable version

  // Returns true if the registration names that file so that Windows starts it: a driver's image
  // path in quotes names a file, and no driver starts from it (123).
  bool starts_from(std::string_view path) const;
  // Returns true for a driver whose failing start makes Windows restart the VM (ErrorControl severe
  // or critical), again at each boot.
  bool restarts_vm() const;
};

// What is on the machine. Of the journal only the settled folder counts. A component's file is that
// of its ImagePath; without a registration, the one in the install folder.
struct Inventory {
  std::vector<FoundComponent> components;  // all of the table, in start order
  // The settled folder, else that of a complete installation that lives, else the default folder.
  std::string install_folder;
  bool one_folder = true;  // all registrations point into install_folder

  bool anything_registered() const;
  bool any_file() const;
  const FoundComponent& of(std::string_view service) const;
};

// `settled_folder`: the install folder that the journal holds; "" if it holds none.
Inventory detect(machine::Machine& machine, const std::string& settled_folder);

// How the installation on the machine relates to a package's version.
enum class FoundVersion {
  kNothing,  // no registration, no file
  kResidue,  // files without any registration
  kSame,     // every readable version is the package's (parts may be missing or unreadable)
  kOlder,    // at least one part is older, none is newer
  kNewer     // at least one part is newer
};
FoundVersion found_version(const Inventory& inventory, const package::Version& version);

// Returns true if another installer replaced `settled` (text; "": nothing) by a newer version: each
// registered component with a readable version is newer. One newer image among others is damage.
bool newer_in_place(const Inventory& inventory, const std::string& settled);

// Returns the version of the registered components' images; nullopt if they have none, or several.
std::optional<package::Version> version_in_place(const Inventory& inventory);
// Returns true if what is there could run as a whole: both drivers are registered, each registered
// component has its file, all in one version, and the library lies beside the drivers.
bool is_complete(machine::Machine& machine, const Inventory& inventory);

// "EbpfCore 0.9.1, NetEbpfExt 0.9.1, eBPFSvc absent": for messages.
std::string describe(const Inventory& inventory);

}  // namespace engine::product
