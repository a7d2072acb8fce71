#pragma once

#include <optional>
#include <string_view>

#include "actions/machine/registry.h"
#include "actions/machine/simulated/disk/drive.h"
#include "actions/machine/simulated/state.h"

namespace machine::simulated {

// The queue of the session manager, MachineState::pending_renames, as Windows keeps it: pairs of
// "\??\C:\a" in the value PendingFileRenameOperations, which a registry's subtree() does not list.
// A path of another form is kept as it is.

bool is_rename_queue(std::string_view key, std::string_view value);
// Returns nullopt if nothing waits.
std::optional<RegistryValue> rename_queue(const MachineState& state);
// nullopt: nothing waits any more.
void replace_rename_queue(MachineState& state, const std::optional<RegistryValue>& value);

// What the boot does with it and with PendingFileRenameOperations2. A read-only file or a folder
// that is not empty stays, as the session manager leaves it.
void run_pending_renames(MachineState& state, const disk::Drive& drive);

}  // namespace machine::simulated
