#include "engine/disable_plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/inventory.h"
#include "engine/service_plan.h"

namespace engine {

Plan plan_disable(machine::Machine& machine, const Known& known) {
  Plan plan;
  plan.from_version = known.settled_version;
  plan.to_version = known.settled_version;
  const Inventory inventory = look(machine, known.install_folder);
  const std::vector<std::string> clients = active_clients(machine);
  plan_stops(plan, inventory, clients);

  // A disable that is repeated keeps what the first one stopped.
  std::vector<std::string> stopped = known.disabled;
  for (const PlannedStep& step : plan.steps) {
    const std::string name = step.action->target();
    if (std::find(stopped.begin(), stopped.end(), name) == stopped.end()) stopped.push_back(name);
  }
  if (!stopped.empty()) {
    plan.settlement = [stopped](machine::Machine&) {
      Settlement settlement;
      settlement.put_meta.emplace_back(meta::kDisabled, nlohmann::json(stopped).dump());
      return settlement;
    };
  }
  return plan;
}

}  // namespace engine
