#pragma once

#include <filesystem>

namespace world {

// A package of the PowerShell handler (powershell_handler.h) on the host.

// What its manifest says of the VM Agent's install behind an update. The VM Agent reads it in the
// package that comes in.
enum class UpdateMode { kWithInstall, kWithoutInstall };

// Makes its package in a new folder of the host: a manifest that begins with a byte order mark and
// names scripts, the scripts, and beside them the payload (a folder with `drivers` in it).
void make_powershell_package(const std::filesystem::path& folder,
                             const std::filesystem::path& payload, UpdateMode mode);
// Returns true if a package's manifest names scripts of that handler.
bool is_powershell_package(const std::filesystem::path& folder);
// Of a package: what its manifest says.
UpdateMode update_mode_of(const std::filesystem::path& folder);

}  // namespace world
