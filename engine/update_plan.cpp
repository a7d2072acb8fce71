#include "engine/update_plan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "actions/set_start_type.h"
#include "actions/stop_service.h"
#include "engine/install_plan.h"
#include "engine/inventory.h"
#include "engine/payload_plan.h"
#include "engine/service_plan.h"

namespace engine {
namespace {

// One that ran although it was disabled is set to demand around the start that is its undo.
void adopt_stop(Plan& plan, const Stopped& stopped) {
  using machine::StartType;
  const auto set = [&](StartType start, StartType before) {
    if (was_disabled(stopped.before))
      plan.adopt(std::make_unique<actions::SetStartType>(stopped.name, start),
                 {{"start", machine::to_text(before)}});
  };
  set(StartType::kDemand, StartType::kDisabled);
  plan.adopt(std::make_unique<actions::StopService>(stopped.name), stopped.before);
  set(StartType::kDisabled, StartType::kDemand);
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

Plan plan_update(machine::Machine& machine, const Known& known, const OwnPackage& own,
                 const Incoming& incoming, std::unique_ptr<actions::Action> arming) {
  check_policy(machine);
  Plan plan = plan_adoption(machine, known);
  plan.to_version = incoming.payload;
  if (incoming.downgrade) {
    plan.notes.push_back("A downgrade to " + incoming.handler +
                         ": its own install checks its package.");
    if (arming) plan.add(std::move(arming));
    return plan;
  }
  const package::CheckedPackage checked = own.check();
  check_platform(machine, checked.manifest);
  const Inventory inventory = look(machine, known.install_folder);
  const Relation stands = stands_to(inventory, known, checked.manifest.version);
  check_not_newer(inventory, stands, checked.manifest.version);
  if (stands != Relation::kSame)
    check_room(machine, checked.total_bytes(), checked.manifest.files.size(),
               inventory.install_folder);
  if (!known.disabled.empty() && plan.steps.empty())
    plan.notes.emplace_back(
        "What disable stopped runs again: before is the machine as it is found.");
  if (arming) plan.add(std::move(arming));
  return plan;
}

}  // namespace engine
