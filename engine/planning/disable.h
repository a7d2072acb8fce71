#pragma once

#include "engine/product/installation_state.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// Plans disable; read-only. The plan stops, in order: GuestProxyAgent and other running clients,
// eBPFSvc, NetEbpfExt, EbpfCore. It leaves start types: a disable holds until the next boot. The
// journal keeps what it stopped until the next enable. Absent or stopped counts as done.
transaction::Plan plan_disable(machine::Machine& machine,
                               const product::InstallationState& installation);

}  // namespace engine::planning
