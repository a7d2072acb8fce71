#pragma once

#include <cstdint>

#include "actions/machine/simulated/disk/unsynced.h"
#include "actions/machine/simulated/state.h"

namespace machine::simulated {

// Takes back what was not durable when the power went:
//   * of the drive a suffix of the metadata operations, and the content of un-synced files, file by
//     file (kept, cut to nothing, or zeroed);
//   * each service's registration, registry value and task that was changed since the last flush,
//     one by one;
//   * each file operation that was queued for the boot since then.
// Seed 0: all of that (content is cut to nothing). Seed 1: none. Any other seed: a part, the same
// for the same machine and seed.
void lose_power(MachineState& state, disk::Unsynced& unsynced, std::uint64_t seed);

}  // namespace machine::simulated
