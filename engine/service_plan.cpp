#include "engine/service_plan.h"

#include <algorithm>

#include "actions/machine/paths.h"
#include "actions/start_service.h"
#include "actions/stop_service.h"

namespace engine {
namespace {

bool active(const std::optional<machine::ServiceStatus>& status) {
  return status && status->state != machine::ServiceState::kStopped;
}

Share share_of(std::string_view service) {
  return machine::fold_case(service) == machine::fold_case(kGuestProxyAgent) ? Share::kAgent
                                                                             : Share::kWork;
}

}  // namespace

bool contains_service(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [name](const std::string& n) {
    return machine::fold_case(n) == machine::fold_case(name);
  });
}

std::vector<std::string> active_clients(machine::Machine& machine) {
  std::vector<std::string> clients;
  if (active(machine.services().status(kGuestProxyAgent))) {
    clients = machine.services().active_dependents(kGuestProxyAgent);
    clients.emplace_back(kGuestProxyAgent);
  }
  for (const Component& component : components()) {
    if (!machine.services().config(component.service)) continue;
    for (std::string& dependent : machine.services().active_dependents(component.service)) {
      if (component_of_service(dependent) == nullptr && !contains_service(clients, dependent)) {
        clients.push_back(std::move(dependent));
      }
    }
  }
  return clients;
}

void plan_stops(Plan& plan, const Inventory& inventory, const std::vector<std::string>& clients) {
  for (const std::string& client : clients)
    plan.step<actions::StopService>(client);
  for (auto found = inventory.components.rbegin(); found != inventory.components.rend(); ++found) {
    if (active(found->status))
      plan.step<actions::StopService>(std::string(found->component->service));
  }
}

void plan_client_starts(Plan& plan, machine::Machine& machine,
                        const std::vector<std::string>& clients, bool best_effort) {
  for (auto client = clients.rbegin(); client != clients.rend(); ++client) {
    const auto config = machine.services().config(*client);
    if (!config || config->start == machine::StartType::kDisabled) continue;
    auto start =
        std::make_unique<actions::StartService>(*client, errors::ExitCode::kRestartService);
    if (best_effort) {
      plan.add_best_effort(std::move(start), share_of(*client));
    } else {
      plan.add(std::move(start), share_of(*client));
    }
  }
}

}  // namespace engine
