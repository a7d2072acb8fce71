#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/inventory.h"
#include "engine/known.h"
#include "engine/plan.h"

namespace engine {

// Whether a list of services has this one; without case, as the Service Control Manager compares.
bool contains_service(const std::vector<std::string>& names, std::string_view name);

// Services outside ours that use the data path and are not stopped now, in an order in which they
// can be stopped: what depends on GuestProxyAgent, then it, then what else depends on our drivers
// (a third-party extension).
std::vector<std::string> active_clients(machine::Machine& machine);

// Stops `clients`, then eBPFSvc, NetEbpfExt, EbpfCore where they are not stopped: clients first,
// since EbpfCore hangs with clients attached.
void plan_stops(Plan& plan, const Inventory& inventory, const std::vector<std::string>& clients);

// Starts clients again, in reverse order of `clients` (their order of stopping). GuestProxyAgent
// that does not come back is kRestartService. `best_effort`: a client that does not start does not
// undo the command.
void plan_client_starts(Plan& plan, machine::Machine& machine,
                        const std::vector<std::string>& clients, bool best_effort);

}  // namespace engine
