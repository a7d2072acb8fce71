#pragma once

#include "actions/machine/simulated/disk/drive.h"
#include "actions/machine/simulated/state.h"

namespace machine::simulated {

// Boots a VM on which nothing runs: deletes services marked for deletion, carries out queued file
// operations, starts automatic services. The boot id is new; the clock goes on.
void boot(MachineState& state, const disk::Drive& drive);

}  // namespace machine::simulated
