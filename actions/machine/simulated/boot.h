#pragma once

#include "actions/machine/simulated/disk/drive.h"
#include "actions/machine/simulated/state.h"

namespace machine::simulated {

// Starts the system of a VM on which nothing runs any more: deletes what is marked for deletion,
// carries out queued file operations, starts what starts by itself. A new boot id; the clock goes
// on.
void boot(MachineState& state, const disk::Drive& drive);

}  // namespace machine::simulated
