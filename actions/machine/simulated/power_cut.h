#pragma once

#include <cstdint>

#include "actions/machine/simulated/disk/unsynced.h"
#include "actions/machine/simulated/state.h"

namespace machine::simulated {

// Takes back what was not durable when the power went:
//   drive      a suffix of the metadata operations; the content of un-synced files, one by one
//   (kept, cut to nothing, or zeroed) services   the registration of each service changed since the
//   last flush, one by one registry   each value changed since the last flush, one by one; each
//   file operation queued for the boot since then
//   tasks      each task changed since the last flush, one by one
// Seed 0: all of that (content is cut to nothing). Seed 1: none. Any other seed: a part, the same
// for the same machine and seed.
void lose_power(MachineState& state, disk::Unsynced& unsynced, std::uint64_t seed);

}  // namespace machine::simulated
