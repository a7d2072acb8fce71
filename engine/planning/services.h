#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/services/start_service.h"
#include "actions/services/stop_service.h"
#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// Whether a list of services has this one; without case, as the Service Control Manager compares.
bool contains_service(const std::vector<std::string>& names, std::string_view name);

// Neither absent nor stopped.
bool active(const std::optional<machine::ServiceStatus>& status);

// Services outside ours that use the data path and are not stopped now, in an order in which they
// can be stopped: what depends on GuestProxyAgent, then it, then what else depends on our drivers
// (a third-party extension).
std::vector<std::string> active_clients(machine::Machine& machine);

// The service that ran before its stop ran although its start type was disabled.
bool was_disabled(const actions::services::StopService::Before& before);

// Stops clients, each noted beside GuestProxyAgent. What GuestProxyAgent's health is goes into the
// before-image of its stop. One that runs although its start type is disabled is set to demand for
// the moment of its stop: so its undo can start it.
void plan_client_stops(transaction::Plan& plan, machine::Machine& machine,
                       const std::vector<std::string>& clients);

// Stops `clients`, then eBPFSvc, NetEbpfExt, EbpfCore where they are not stopped: clients first,
// since EbpfCore hangs with clients attached.
void plan_stops(transaction::Plan& plan, machine::Machine& machine,
                const product::Inventory& inventory, const std::vector<std::string>& clients);

// Clients to start in the end, in their order of stopping: those that a plan stops, and those that
// a disable did.
std::vector<std::string> clients_to_start(const product::InstallationState& installation,
                                          const std::vector<std::string>& clients);

// Starts clients again, in reverse order of `clients` (their order of stopping). GuestProxyAgent
// that does not come back is kRestartService. One whose start type is disabled is left, unless it
// ran all the same before it was stopped: it does again in the same boot, and is
// disabled again. In a removal a client that does not start does not undo the
// command. `role`: of each start; empty function: none restarts what an older step
// stopped.
using RoleOf = std::function<actions::services::StartService::Role(std::string_view service)>;
void plan_client_starts(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation,
                        const std::vector<std::string>& clients, const RoleOf& role = {});

}  // namespace engine::planning
