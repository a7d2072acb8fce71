#pragma once

#include <cstdint>
#include <functional>
#include <memory>
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
// Returns the list with those of `more` that it does not have.
std::vector<std::string> with_services(std::vector<std::string> names,
                                       const std::vector<std::string>& more);

// How long the start of a neighbour is waited for. A neighbour that does not run then is named, and
// nothing else waits for it.
inline constexpr std::uint32_t kNeighbourPatienceMs = 10'000;
// The same for GuestProxyAgent, where nothing is undone for it.
inline constexpr std::uint32_t kProxyStartPatienceMs = 60'000;

// Returns true for a service of others that is not GuestProxyAgent.
bool is_neighbour(std::string_view service);

// The stop of a service that a command of ours made or makes. Of a neighbour it has a patience, and
// of GuestProxyAgent where no health says that it is that.
std::unique_ptr<actions::services::StopService> stop_of(
    const std::string& service, bool has_health,
    actions::services::StopService::Remembered remembered = {});

// Refuses a command that would stop or change a service which is marked for deletion: nothing but a
// boot makes an end of that, and what is stopped before would not start again. Throws
// kRebootNeeded. `only_running`: a marked service that does not run is none of the command's.
void check_not_marked(const product::Inventory& inventory, bool only_running);

// Returns true if the service is neither absent nor stopped.
bool active(const std::optional<machine::ServiceStatus>& status);

// Returns the clients: services of others that use the data path and are not stopped, in an order
// in which they can be stopped: the dependents of GuestProxyAgent, GuestProxyAgent, then the other
// dependents of our services (a third-party extension).
std::vector<std::string> active_clients(machine::Machine& machine);

// If the plan stops our services, records whether GuestProxyAgent's owner had stopped it before:
// when the drivers are down, nothing tells that any more.
void record_owners_stop(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation);

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
// those that a disable stopped, and those that an undo could not start again.
std::vector<std::string> clients_to_start(const product::InstallationState& installation,
                                          const std::vector<std::string>& clients);

// Takes the services that go out of GuestProxyAgent's dependencies: with a dependency that does not
// exist it would never start. Returns its dependencies before; empty if it depends on none of
// those.
std::vector<std::string> plan_dependencies_out(transaction::Plan& plan, machine::Machine& machine,
                                               const std::vector<std::string>& going);

// Starts clients again, in reverse order of `clients` (their order of stopping). A client whose
// start type is disabled is left, unless it ran all the same before it was stopped: in the same
// boot it is started and set to disabled again. The start of a neighbour is best effort. If
// GuestProxyAgent does not start, the step fails with kRestartService.
struct ClientStarts {
  // The role of each start; an empty function: no start restarts what an older step stopped.
  std::function<actions::services::StartService::Role(std::string_view service)> role;
  bool proxy_is_vital = true;  // false, as in a removal: nothing is undone for GuestProxyAgent
};
void plan_client_starts(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation,
                        const std::vector<std::string>& clients, const ClientStarts& how = {});

// Starts a component that is registered and does not run, where disable stopped it; best effort: in
// a plan that leaves it there.
void plan_start_again(transaction::Plan& plan, const product::InstallationState& installation,
                      const product::FoundComponent& found);

// What disable stopped, or nobody could start, as a change that remembers what of it the plan does
// not start either: for a plan behind which no enable comes.
product::StartsTried starts_tried(const product::InstallationState& installation);

// Returns the neighbours that the plan starts.
std::vector<std::string> started_neighbours(const transaction::Plan& plan);

// Plans to start the services of others that an undo could not start again and that do not run, all
// best effort; nothing else.
transaction::Plan plan_missing_starts(machine::Machine& machine,
                                      const product::InstallationState& installation);

}  // namespace engine::planning
