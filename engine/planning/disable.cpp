#include "engine/planning/disable.h"

#include <algorithm>

#include "actions/services/stop_service.h"
#include "engine/planning/files.h"
#include "engine/planning/preservation.h"
#include "engine/planning/services.h"
#include "engine/product/installation_change.h"
#include "engine/product/inventory.h"
#include "engine/product/predecessor.h"

namespace engine::planning {

transaction::Plan plan_disable(machine::Machine& machine,
                               const product::InstallationState& installation) {
  transaction::Plan plan;
  plan.from_version = installation.settled_version;
  plan.to_version = installation.settled_version;
  product::Inventory inventory = product::detect(machine, installation.install_folder);
  const std::vector<journal::Owned> ours = product::rows_of_ours(installation, inventory);
  // A newer version of somebody else may have a service that ours has not, and that depends on it.
  const bool all =
      installation.take_over || product::newer_in_place(inventory, installation.settled_version);
  std::erase_if(inventory.components, [&](const product::FoundComponent& found) {
    return !all && !product::has_service(ours, found.component->service);
  });
  // If none of our services runs, no client has to stop.
  const bool runs =
      std::any_of(inventory.components.begin(), inventory.components.end(),
                  [](const product::FoundComponent& found) { return active(found.status); });
  check_not_marked(inventory, true);
  if (runs) {
    plan_settled_kept(plan, machine, installation);
    plan_stops(plan, machine, inventory, active_clients(machine));
  }

  // A repeated disable keeps the record of what the first one stopped.
  product::StopsRecorded stops;
  stops.earlier = installation.disabled;
  for (const transaction::PlannedStep& step : plan.steps) {
    const std::string service = step.action->target();
    const bool is_stop =
        dynamic_cast<const actions::services::StopService*>(step.action.get()) != nullptr;
    if (is_stop && !installation.stopped_by_us(service)) stops.services.push_back(service);
  }
  if (!stops.services.empty() || !installation.disabled.empty())
    plan.to_change().stops = std::move(stops);
  forget_upgrading_key(plan, machine, installation);
  return plan;
}

}  // namespace engine::planning
