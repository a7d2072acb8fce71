#include "engine/planning/inherited_steps.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "actions/machine/system.h"
#include "actions/services/service_control.h"
#include "actions/services/set_start_type.h"
#include "actions/services/stop_service.h"
#include "engine/planning/services.h"
#include "engine/product/components.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/product/inventory.h"
#include "engine/product/meta.h"
#include "engine/product/predecessor.h"

namespace engine::planning {
namespace {

using actions::Json;
using machine::StartType;

void inherit_start_type(transaction::Plan& plan, const std::string& service, StartType start,
                        StartType before) {
  plan.inherit(std::make_unique<actions::services::SetStartType>(service, start),
               actions::write_image(actions::services::SetStartType::Before{before}));
}

// A service that ran although disabled is set to demand around the start that is its stop's undo.
void inherit_stop(transaction::Plan& plan, const product::Stopped& stopped) {
  const auto before = product::found_at_stop(stopped);
  const bool disabled = before && was_disabled(*before);
  if (disabled) inherit_start_type(plan, stopped.name, StartType::kDemand, StartType::kDisabled);
  plan.inherit(stop_of(stopped.name, before && before->health), stopped.before);
  if (disabled) inherit_start_type(plan, stopped.name, StartType::kDisabled, StartType::kDemand);
}

bool is_up(const std::optional<machine::ServiceStatus>& status) {
  return status && actions::services::is_up(status->state);
}

// The before-image of the stop of a service that ran. It has no process id if the service does not
// run any more.
Json as_it_ran(machine::Machine& machine, const std::string& service, bool runs,
               actions::services::StopService::Remembered remembered) {
  if (runs) return actions::services::StopService(service, std::move(remembered)).capture(machine);
  actions::services::StopService::Before before;
  before.state = machine::ServiceState::kRunning;
  before.boot_id = machine.system().boot_id();
  before.start = remembered.start;
  before.health = remembered.health;
  return actions::write_image(before);
}

void inherit_proxy(transaction::Plan& plan, machine::Machine& machine) {
  const std::string name(product::kGuestProxyAgent);
  const auto config = machine.services().config(name);
  const bool runs = is_up(machine.services().status(name));
  if (!config || (!runs && config->start == StartType::kDisabled)) return;
  actions::services::StopService::Remembered remembered{.health = {}, .start = config->start};
  if (runs) remembered.health = to_text(product::read_proxy(machine).health);
  inherit_stop(plan, {name, as_it_ran(machine, name, runs, std::move(remembered))});
}

// The predecessor's disable sets the start type first; if it is killed then, the service runs on.
StartType start_before(const product::FoundComponent& found) {
  const StartType start = found.config->start;
  const bool changed =
      start == StartType::kDisabled || (start == StartType::kDemand && !is_up(found.status));
  return changed ? StartType::kAutomatic : start;
}

void inherit_component(transaction::Plan& plan, machine::Machine& machine,
                       const product::FoundComponent& found) {
  if (!found.config || !found.file_there) return;
  const std::string name(found.component->service);
  const StartType before = start_before(found);
  plan.inherit(std::make_unique<actions::services::StopService>(name),
               as_it_ran(machine, name, is_up(found.status), {.health = {}, .start = before}));
  if (before != found.config->start) inherit_start_type(plan, name, found.config->start, before);
}

}  // namespace

transaction::Plan plan_inherited_stops(machine::Machine& machine,
                                       const product::InstallationState& installation) {
  transaction::Plan plan;
  plan.from_version = installation.settled_version;
  plan.to_version = installation.settled_version;
  const bool still_stopped =
      std::all_of(installation.disabled.begin(), installation.disabled.end(),
                  [&](const product::Stopped& stopped) {
                    const auto status = machine.services().status(stopped.name);
                    return status && status->state == machine::ServiceState::kStopped;
                  });
  if (!still_stopped) return plan;
  for (const product::Stopped& stopped : installation.disabled)
    inherit_stop(plan, stopped);
  return plan;
}

transaction::Plan plan_inherited_predecessor(machine::Machine& machine,
                                             const product::InstallationState& installation) {
  transaction::Plan plan;
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  if (!product::is_predecessor(installation, inventory)) return plan;
  inherit_proxy(plan, machine);
  for (auto found = inventory.components.rbegin(); found != inventory.components.rend(); ++found)
    inherit_component(plan, machine, *found);
  return plan;
}

void record_missing_proxy(transaction::Plan& plan, machine::Machine& machine,
                          const product::InstallationState& installation) {
  const std::string name(product::kGuestProxyAgent);
  if (!installation.take_over || !installation.not_started.empty()) return;
  const auto config = machine.services().config(name);
  if (!config || config->start != StartType::kAutomatic || active(machine.services().status(name)))
    return;
  const product::Stopped missing{
      name, as_it_ran(machine, name, false, {.health = {}, .start = config->start})};
  plan.to_change().put_meta.emplace_back(product::meta::kNotStarted, product::to_text({missing}));
}

bool predecessor_is_down(machine::Machine& machine,
                         const product::InstallationState& installation) {
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  return product::is_predecessor(installation, inventory) &&
         std::any_of(inventory.components.begin(), inventory.components.end(),
                     [](const product::FoundComponent& found) {
                       return found.config &&
                              (!is_up(found.status) || found.config->start == StartType::kDisabled);
                     });
}

}  // namespace engine::planning
