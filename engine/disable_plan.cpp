#include "engine/disable_plan.h"

#include <algorithm>

#include "engine/inventory.h"
#include "engine/service_plan.h"

namespace engine {

Plan plan_disable(machine::Machine& machine, const Known& known) {
  Plan plan;
  plan.from_version = known.settled_version;
  plan.to_version = known.settled_version;
  Inventory inventory = look(machine, known.install_folder);
  std::erase_if(inventory.components, [&known](const FoundComponent& found) {
    return !known.take_over && !known.owns_service(found.component->service);
  });
  // Where nothing of ours runs there is nothing to keep others from.
  const bool runs = std::any_of(inventory.components.begin(), inventory.components.end(),
                                [](const FoundComponent& found) { return active(found.status); });
  if (runs) plan_stops(plan, machine, inventory, active_clients(machine));

  // A disable that is repeated keeps what the first one stopped.
  std::vector<Stopped> stopped = known.disabled;
  for (const PlannedStep& step : plan.steps) {
    if (step.action->kind() == "stop-service" && !known.stopped_by_us(step.action->target()))
      stopped.push_back({step.action->target(), capture(step, machine)});
  }
  if (!stopped.empty()) {
    plan.settlement = [stopped](machine::Machine&) {
      Settlement settlement;
      settlement.put_meta.emplace_back(meta::kDisabled, to_text(stopped));
      return settlement;
    };
  }
  return plan;
}

}  // namespace engine
