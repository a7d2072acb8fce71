#pragma once

#include <string>
#include <string_view>

#include "tests/simvm/handler_folder.h"
#include "tests/simvm/handler_process.h"

namespace simvm {

// What others do beside our handler. simvm plays them, since a simulated machine runs no PowerShell
// (tests/world/powershell_handler.h).

// Returns true if the folder's manifest names the PowerShell handler's scripts.
bool is_played(const HandlerFolder& handler);
// Plays one of its commands; update and enable write a status file. `folder`: its extracted
// package.
CommandEnd play(const std::string& vm, const std::string& folder, const std::string& command,
                int sequence);

// Makes a package of the PowerShell handler, a folder in `out` that `simvm agent` takes as a
// package, and prints its path. `payload`: an unpacked redist package, as make-payload makes it.
void make_powershell_package(const std::string& payload, const std::string& out,
                             const std::string& version, bool with_install);

// GuestProxyAgent's setup with eBPF from `payload`. Returns whether it brought eBPF; its own exit
// code tells nobody.
bool run_gpa_setup(const std::string& vm, const std::string& payload);

// What a person with sc and a file manager does: "stop-service", "start-service",
// "delete-service", "delete-file", "replace-file" (by `with`, a file of the host). Returns false
// where Windows refuses, and prints its words.
bool act_as_person(const std::string& vm, std::string_view action, const std::string& object,
                   const std::string& with);

}  // namespace simvm
