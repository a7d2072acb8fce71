#include "engine/planning/services.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "actions/best_effort.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "actions/services/set_dependencies.h"
#include "actions/services/set_start_type.h"
#include "actions/services/start_service.h"
#include "engine/product/components.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/product/meta.h"
#include "engine/transaction/phase.h"
#include "errors/failure.h"

namespace engine::planning {
namespace {

using transaction::Phase;

transaction::Share share_of(std::string_view service) {
  return machine::equal_names(service, product::kGuestProxyAgent) ? transaction::Share::kProxy
                                                                  : transaction::Share::kWork;
}

bool is_disabled(machine::Machine& machine, const std::string& name) {
  const auto config = machine.services().config(name);
  return config && config->start == machine::StartType::kDisabled;
}

// Returns true if a disabled service ran before this plan, or the recorded disable, stopped it.
bool ran_disabled(machine::Machine& machine, const product::InstallationState& installation,
                  const std::string& name) {
  if (active(machine.services().status(name))) return true;
  // A record of another boot does not count: that boot would not have started the service.
  return std::any_of(installation.disabled.begin(), installation.disabled.end(),
                     [&](const product::Stopped& stopped) {
                       if (!machine::equal_names(stopped.name, name)) return false;
                       const auto before = product::found_at_stop(stopped);
                       return before && was_disabled(*before) &&
                              before->boot_id == machine.system().boot_id();
                     });
}

}  // namespace

bool is_neighbour(std::string_view service) {
  return product::component_of_service(service) == nullptr &&
         !machine::equal_names(service, product::kGuestProxyAgent);
}

std::unique_ptr<actions::services::StopService> stop_of(
    const std::string& service, bool has_health,
    actions::services::StopService::Remembered remembered) {
  std::optional<std::uint32_t> patience_ms;
  if (is_neighbour(service)) patience_ms = kNeighbourPatienceMs;
  if (machine::equal_names(service, product::kGuestProxyAgent) && !has_health)
    patience_ms = kProxyStartPatienceMs;
  return std::make_unique<actions::services::StopService>(service, std::move(remembered),
                                                          patience_ms);
}

void check_not_marked(const product::Inventory& inventory, bool only_running) {
  for (const product::FoundComponent& found : inventory.components) {
    if (!found.status || !found.status->marked_for_deletion) continue;
    if (only_running && !active(found.status)) continue;
    const std::string service(found.component->service);
    throw errors::Failure(
        errors::ExitCode::kRebootNeeded, service,
        "change " + service + ": it is marked for deletion, and goes with the next boot");
  }
}

bool active(const std::optional<machine::ServiceStatus>& status) {
  return status && status->state != machine::ServiceState::kStopped;
}

bool contains_service(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](const std::string& n) { return machine::equal_names(n, name); });
}

std::vector<std::string> with_services(std::vector<std::string> names,
                                       const std::vector<std::string>& more) {
  for (const std::string& name : more) {
    if (!contains_service(names, name)) names.push_back(name);
  }
  return names;
}

std::vector<std::string> active_clients(machine::Machine& machine) {
  std::vector<std::string> clients;
  if (active(machine.services().status(product::kGuestProxyAgent))) {
    clients = machine.services().active_dependents(product::kGuestProxyAgent);
    clients.emplace_back(product::kGuestProxyAgent);
  }
  for (const product::Component& component : product::components()) {
    if (!machine.services().config(component.service)) continue;
    for (std::string& dependent : machine.services().active_dependents(component.service)) {
      if (product::component_of_service(dependent) == nullptr &&
          !contains_service(clients, dependent)) {
        clients.push_back(std::move(dependent));
      }
    }
  }
  return clients;
}

void record_owners_stop(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation) {
  const bool stops = std::any_of(product::components().begin(), product::components().end(),
                                 [&plan](const product::Component& component) {
                                   return plan.has(Phase::kStop, component.service);
                                 });
  if (!stops) return;
  const auto health = product::read_proxy(machine, 0, installation.proxy_stopped_in).health;
  if (health == product::ProxyHealth::kStopped) {
    plan.to_change().put_meta.emplace_back(product::meta::kProxyStopped,
                                           machine.system().boot_id());
  } else if (!installation.proxy_stopped_in.empty()) {
    plan.to_change().forget_meta.emplace_back(product::meta::kProxyStopped);
  }
}

bool was_disabled(const actions::services::StopService::Before& before) {
  return before.start == machine::StartType::kDisabled;
}

void plan_client_stops(transaction::Plan& plan, machine::Machine& machine,
                       const std::vector<std::string>& clients) {
  for (const std::string& client : clients) {
    const bool proxy = machine::equal_names(client, product::kGuestProxyAgent);
    const bool disabled = is_disabled(machine, client);
    if (!proxy)
      plan.notes.push_back("Service " + client + " uses the data path and is stopped with it.");
    if (disabled)
      plan.add<actions::services::SetStartType>(Phase::kStop, client, machine::StartType::kDemand);
    actions::services::StopService::Remembered remembered;
    if (proxy) remembered.health = to_text(product::read_proxy(machine).health);
    if (disabled) remembered.start = machine::StartType::kDisabled;
    plan.add(Phase::kStop, stop_of(client, proxy, std::move(remembered)));
    if (disabled)
      plan.add<actions::services::SetStartType>(Phase::kStop, client,
                                                machine::StartType::kDisabled);
  }
}

std::vector<std::string> clients_to_start(const product::InstallationState& installation,
                                          const std::vector<std::string>& clients) {
  std::vector<std::string> to_start = clients;
  for (const auto* list : {&installation.disabled, &installation.not_started}) {
    for (const product::Stopped& stopped : *list) {
      if (product::component_of_service(stopped.name) == nullptr &&
          !contains_service(to_start, stopped.name))
        to_start.push_back(stopped.name);
    }
  }
  return to_start;
}

void plan_stops(transaction::Plan& plan, machine::Machine& machine,
                const product::Inventory& inventory, const std::vector<std::string>& clients) {
  plan_client_stops(plan, machine, clients);
  for (auto found = inventory.components.rbegin(); found != inventory.components.rend(); ++found) {
    if (active(found->status))
      plan.add<actions::services::StopService>(Phase::kStop,
                                               std::string(found->component->service));
  }
}

std::vector<std::string> plan_dependencies_out(transaction::Plan& plan, machine::Machine& machine,
                                               const std::vector<std::string>& going) {
  const auto config = machine.services().config(product::kGuestProxyAgent);
  if (!config) return {};
  std::vector<std::string> left = config->depends_on;
  std::erase_if(left, [&](const std::string& name) { return contains_service(going, name); });
  if (left.size() == config->depends_on.size()) return {};
  plan.add<actions::services::SetDependencies>(transaction::Phase::kChange,
                                               std::string(product::kGuestProxyAgent), left);
  return config->depends_on;
}

void plan_client_starts(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation,
                        const std::vector<std::string>& clients, const ClientStarts& how) {
  for (auto client = clients.rbegin(); client != clients.rend(); ++client) {
    if (!machine.services().config(*client)) continue;
    const bool disabled = is_disabled(machine, *client);
    const bool neighbour = is_neighbour(*client);
    const bool best_effort = neighbour || !how.proxy_is_vital;
    if (disabled && !ran_disabled(machine, installation, *client)) continue;
    const auto add = [&](std::unique_ptr<actions::Action> action) -> transaction::PlannedStep& {
      transaction::PlannedStep& step = plan.add(Phase::kResume, std::move(action));
      step.share = share_of(*client);
      step.vital = step.vital && !best_effort;
      return step;
    };
    const auto set = [&](machine::StartType start) {
      if (disabled) add(std::make_unique<actions::services::SetStartType>(*client, start));
    };
    set(machine::StartType::kDemand);
    std::optional<std::uint32_t> patience_ms;
    if (best_effort) patience_ms = neighbour ? kNeighbourPatienceMs : kProxyStartPatienceMs;
    transaction::PlannedStep& start = add(std::make_unique<actions::services::StartService>(
        *client, errors::ExitCode::kRestartService,
        how.role ? how.role(*client) : actions::services::StartService::Role::kStart, patience_ms));
    start.watched = start.share == transaction::Share::kProxy;
    set(machine::StartType::kDisabled);
  }
}

void plan_start_again(transaction::Plan& plan, const product::InstallationState& installation,
                      const product::FoundComponent& found) {
  const std::string service(found.component->service);
  if (!found.config || active(found.status) || !installation.stopped_by_us(service)) return;
  plan.add<actions::services::StartService>(transaction::Phase::kStart, service).vital = false;
}

product::StartsTried starts_tried(const product::InstallationState& installation) {
  product::StartsTried tried{installation.disabled};
  std::ranges::copy_if(
      installation.not_started, std::back_inserter(tried.services),
      [&](const product::Stopped& service) { return !installation.stopped_by_us(service.name); });
  return tried;
}

std::vector<std::string> started_neighbours(const transaction::Plan& plan) {
  std::vector<std::string> names;
  for (const transaction::PlannedStep& step : plan.steps) {
    const std::string service = step.action->target();
    if (step.action->kind() == actions::services::StartService::kKind && is_neighbour(service))
      names.push_back(service);
  }
  return names;
}

transaction::Plan plan_missing_starts(machine::Machine& machine,
                                      const product::InstallationState& installation) {
  transaction::Plan plan;
  plan.from_version = installation.settled_version;
  plan.to_version = installation.settled_version;
  std::vector<std::string> names;
  for (const product::Stopped& service : installation.not_started) {
    const auto status = machine.services().status(service.name);
    if (status && status->state == machine::ServiceState::kStopped) names.push_back(service.name);
  }
  plan_client_starts(plan, machine, installation, names, {.role = {}, .proxy_is_vital = false});
  return plan;
}

}  // namespace engine::planning
