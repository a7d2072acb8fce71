#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/action.h"
#include "actions/machine/machine.h"
#include "engine/known.h"
#include "engine/store.h"

namespace engine {

// Nobody may come back: with eBPF stopped a VM may be cut off from its host, and the agent may
// delete a handler's folder without a call. So an update that is opened, and an uninstall, leave a
// copy of the handler beside the journal and a task that runs `recover --abandoned`. Both stay
// until an operation settles, also when theirs is undone: the version that then stays may lose its
// folder as well.

// `program`: host path of the handler's executable.
std::unique_ptr<actions::Action> arm_recovery(machine::Machine& machine,
                                              const std::string& program);

// Takes copy and task away where they are. Returns what waits for the next boot, a sentence each.
std::vector<std::string> disarm_recovery(machine::Machine& machine);

// Whether nobody goes on with what is open: the machine was booted since the last command began, or
// that was 20 minutes ago. No command takes so long, and the agent makes the next one at once. With
// the task's interval, an abandoned operation is given up within 30 minutes.
inline constexpr int kAbandonedAfterMinutes = 20;
bool nobody_goes_on(machine::Machine& machine, journal::Journal& journal);
// The same, told of an open update.
std::string who_goes_on();

// Why recovery removes the settled version; "": it does not. An uninstall had to wait for a boot;
// or (`abandoned`, and nobody goes on) the agent dropped the extension without a call: of the
// package folders that the journal keeps none is there any more. Once in a boot.
std::string removal_due(machine::Machine& machine, journal::Journal& journal, const Known& known,
                        bool abandoned);

// The folders of packages whose handlers were called since the last settlement; paths of the host.
std::vector<std::string> package_folders(journal::Journal& journal);

}  // namespace engine
