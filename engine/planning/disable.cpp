#include "engine/planning/disable.h"

#include <algorithm>

#include "engine/planning/services.h"
#include "engine/product/installation_change.h"
#include "engine/product/inventory.h"
#include "engine/product/meta_keys.h"

namespace engine::planning {

transaction::Plan plan_disable(machine::Machine& machine,
                               const product::InstallationState& installation) {
  transaction::Plan plan;
  plan.from_version = installation.settled_version;
  plan.to_version = installation.settled_version;
  product::Inventory inventory = product::detect(machine, installation.install_folder);
  std::erase_if(inventory.components, [&installation](const product::FoundComponent& found) {
    return !installation.take_over && !installation.owns_service(found.component->service);
  });
  // Where nothing of ours runs there is nothing to keep others from.
  const bool runs =
      std::any_of(inventory.components.begin(), inventory.components.end(),
                  [](const product::FoundComponent& found) { return active(found.status); });
  if (runs) plan_stops(plan, machine, inventory, active_clients(machine));

  // A disable that is repeated keeps what the first one stopped.
  std::vector<product::Stopped> stopped = installation.disabled;
  for (const transaction::PlannedStep& step : plan.steps) {
    if (step.action->kind() == "stop-service" && !installation.stopped_by_us(step.action->target()))
      stopped.push_back({step.action->target(), step.action->capture(machine)});
  }
  if (!stopped.empty()) {
    plan.change = [stopped](machine::Machine&) {
      product::InstallationChange change;
      change.put_meta.emplace_back(product::meta::kDisabled, to_text(stopped));
      return change;
    };
  }
  return plan;
}

}  // namespace engine::planning
