#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/action.h"
#include "actions/machine/machine.h"

namespace engine {

// Nobody may come back: with eBPF stopped a VM may be cut off from its host, and the agent may
// delete a handler's folder without a call. So an update that is opened leaves a copy of the
// handler beside the journal and a task that runs `recover --abandoned`; both go when nothing is
// open.

// `program`: host path of the handler's executable.
std::unique_ptr<actions::Action> arm_recovery(machine::Machine& machine,
                                              const std::string& program);

// Takes copy and task away where they are. Returns what waits for the next boot, a sentence each.
std::vector<std::string> disarm_recovery(machine::Machine& machine);

}  // namespace engine
