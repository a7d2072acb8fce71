#pragma once

#include "engine/product/installation_state.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// What disable would do; read-only. Stops, in order: GuestProxyAgent and other running clients,
// eBPFSvc, NetEbpfExt, EbpfCore. Start types are untouched: a disable holds until the next boot.
// What it stopped is recorded until the next enable. Absent or stopped is already done.
transaction::Plan plan_disable(machine::Machine& machine,
                               const product::InstallationState& installation);

}  // namespace engine::planning
