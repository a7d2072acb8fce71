#include "engine/adoption.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "actions/machine/system.h"
#include "actions/services/service_control.h"
#include "actions/services/set_start_type.h"
#include "actions/services/stop_service.h"
#include "engine/guest_proxy_agent.h"
#include "engine/inventory.h"
#include "engine/predecessor.h"
#include "engine/service_plan.h"

namespace engine {
namespace {

using actions::Json;
using machine::StartType;

void adopt_start_type(Plan& plan, const std::string& service, StartType start, StartType before) {
  plan.adopt(std::make_unique<actions::SetStartType>(service, start),
             {{"start", machine::to_text(before)}});
}

// One that ran although it was disabled is set to demand around the start that is its undo.
void adopt_stop(Plan& plan, const Stopped& stopped) {
  const bool disabled = was_disabled(stopped.before);
  if (disabled) adopt_start_type(plan, stopped.name, StartType::kDemand, StartType::kDisabled);
  plan.adopt(std::make_unique<actions::StopService>(stopped.name), stopped.before);
  if (disabled) adopt_start_type(plan, stopped.name, StartType::kDisabled, StartType::kDemand);
}

bool is_up(const std::optional<machine::ServiceStatus>& status) {
  return status && actions::is_up(status->state);
}

// Before-image of the stop of a service that ran; of its process nothing is known.
Json as_it_ran(machine::Machine& machine, const std::string& service, bool runs, StartType start) {
  Json before{{"state", machine::to_text(machine::ServiceState::kRunning)},
              {"process_id", 0},
              {"boot_id", machine.system().boot_id()}};
  if (runs) before = actions::StopService(service).capture(machine);
  before["start"] = machine::to_text(start);
  return before;
}

void adopt_agent(Plan& plan, machine::Machine& machine) {
  const std::string name(kGuestProxyAgent);
  const auto config = machine.services().config(name);
  const bool runs = is_up(machine.services().status(name));
  if (!config || (!runs && config->start == StartType::kDisabled)) return;
  Json before = as_it_ran(machine, name, runs, config->start);
  if (runs) before[kHealthKey] = to_text(read_agent(machine).health);
  adopt_stop(plan, {name, before});
}

// Its disable sets the start type first, and one that was killed goes no further.
StartType start_before(const FoundComponent& found) {
  const StartType start = found.config->start;
  const bool changed =
      start == StartType::kDisabled || (start == StartType::kDemand && !is_up(found.status));
  return changed ? StartType::kAutomatic : start;
}

void adopt_component(Plan& plan, machine::Machine& machine, const FoundComponent& found) {
  if (!found.config || !found.file_there) return;
  const std::string name(found.component->service);
  const StartType before = start_before(found);
  plan.adopt(std::make_unique<actions::StopService>(name),
             as_it_ran(machine, name, is_up(found.status), before));
  if (before != found.config->start) adopt_start_type(plan, name, found.config->start, before);
}

}  // namespace

Plan plan_adoption(machine::Machine& machine, const Known& known) {
  Plan plan;
  plan.from_version = known.settled_version;
  plan.to_version = known.settled_version;
  const bool still_stopped =
      std::all_of(known.disabled.begin(), known.disabled.end(), [&](const Stopped& stopped) {
        const auto status = machine.services().status(stopped.name);
        return status && status->state == machine::ServiceState::kStopped;
      });
  if (!still_stopped) return plan;
  for (const Stopped& stopped : known.disabled)
    adopt_stop(plan, stopped);
  return plan;
}

Plan plan_predecessor_adoption(machine::Machine& machine, const Known& known) {
  Plan plan;
  const Inventory inventory = look(machine, known.install_folder);
  if (!is_predecessor(known, inventory)) return plan;
  adopt_agent(plan, machine);
  for (auto found = inventory.components.rbegin(); found != inventory.components.rend(); ++found)
    adopt_component(plan, machine, *found);
  return plan;
}

bool predecessor_is_down(machine::Machine& machine, const Known& known) {
  const Inventory inventory = look(machine, known.install_folder);
  return is_predecessor(known, inventory) &&
         std::any_of(inventory.components.begin(), inventory.components.end(),
                     [](const FoundComponent& found) {
                       return found.config &&
                              (!is_up(found.status) || found.config->start == StartType::kDisabled);
                     });
}

}  // namespace engine
