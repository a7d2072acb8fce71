#pragma once

#include <memory>
#include <string>

#include "actions/action.h"
#include "actions/machine/machine.h"

namespace engine::planning {

// Nobody may come back: with eBPF stopped a VM may be cut off from its host, and the VM Agent may
// delete a handler's folder without a call. So the command that opens an update, and uninstall, put
// a copy of the handler beside the journal and a task that runs `recover --abandoned`; a later
// command of the update puts in place what is missing of the two. Both stay until an operation
// settles, also when their own is undone: the version that stays then may lose its folder as well.

// `program`: host path of the handler's executable.
std::unique_ptr<actions::Action> arm_recovery(machine::Machine& machine,
                                              const std::string& program);

// Returns true if the copy is there, and a task that runs it. A task that cannot be read is not.
bool is_recovery_armed(machine::Machine& machine);

// Returns true if the disk has room for that copy and for what a removal itself needs.
bool has_room_for_copy(machine::Machine& machine, const std::string& program);

}  // namespace engine::planning
