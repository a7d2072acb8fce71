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

// Returns true if the list has the service; without case, as the Service Control Manager compares.
bool contains_service(const std::vector<std::string>& names, std::string_view name);

// Returns true if the service is neither absent nor stopped.
bool active(const std::optional<machine::ServiceStatus>& status);

// Returns the clients: services of others that use the data path and are not stopped, in an order
// in which they can be stopped: the dependents of GuestProxyAgent, GuestProxyAgent, then the other
// dependents of our services (a third-party extension).
std::vector<std::string> active_clients(machine::Machine& machine);

// Returns true if the service ran before its stop although its start type was disabled.
bool was_disabled(const actions::services::StopService::Before& before);

// Stops clients; adds a note for each but GuestProxyAgent. The before-image of GuestProxyAgent's
// stop gets its health. A client that runs although its start type is disabled is set to demand
// around its stop, so that the undo of the stop can start it.
void plan_client_stops(transaction::Plan& plan, machine::Machine& machine,
                       const std::vector<std::string>& clients);

// Stops `clients`, then eBPFSvc, NetEbpfExt, EbpfCore where they are not stopped: clients first,
// since EbpfCore hangs with clients attached.
void plan_stops(transaction::Plan& plan, machine::Machine& machine,
                const product::Inventory& inventory, const std::vector<std::string>& clients);

// Returns the clients to start in the end, in their order of stopping: those that the plan stops,
// and those that a disable stopped.
std::vector<std::string> clients_to_start(const product::InstallationState& installation,
                                          const std::vector<std::string>& clients);

// Takes the services that go out of GuestProxyAgent's dependencies: with a dependency that does not
// exist it would never start. Returns its dependencies before; empty if it depends on none of
// those.
std::vector<std::string> plan_dependencies_out(transaction::Plan& plan, machine::Machine& machine,
                                               const std::vector<std::string>& going);

// Starts clients again, in reverse order of `clients` (their order of stopping). If a client does
// not start, the step fails with kRestartService; in a removal that does not undo the command. A
// client whose start type is disabled is left, unless it ran all the same before it was stopped: in
// the same boot it is started and set to disabled again. `role`: the role of each start; an empty
// function: no start restarts what an older step stopped.
using RoleOf = std::function<actions::services::StartService::Role(std::string_view service)>;
void plan_client_starts(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation,
                        const std::vector<std::string>& clients, const RoleOf& role = {});

}  // namespace engine::planning
