#pragma once

#include "engine/known.h"
#include "engine/plan.h"

namespace engine {

// What disable would do; read-only. Stops, in order: GuestProxyAgent and other running clients,
// eBPFSvc, NetEbpfExt, EbpfCore. Start types are untouched: a disable holds until the next boot.
// What it stopped is recorded until the next enable. Absent or stopped is already done.
Plan plan_disable(machine::Machine& machine, const Known& known);

}  // namespace engine
