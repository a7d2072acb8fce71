#include "engine/update_plan.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "engine/adoption.h"
#include "engine/install_plan.h"
#include "engine/inventory.h"
#include "engine/payload_plan.h"
#include "engine/predecessor.h"

namespace engine {
namespace {

// One that joins finds what the update that is open has adopted and preserved already.
Plan plan_found(machine::Machine& machine, const Known& known, bool is_foreign, bool joins) {
  if (is_foreign && joins) return {};
  Plan plan = plan_adoption(machine, known);
  if (is_foreign && plan.steps.empty()) plan = plan_predecessor_adoption(machine, known);
  return plan;
}

}  // namespace

Plan plan_update(machine::Machine& machine, const Known& known, const OwnPackage& own,
                 const Incoming& incoming, const UpdateOptions& options,
                 std::unique_ptr<actions::Action> arming) {
  check_policy(machine);
  const Inventory inventory = look(machine, known.install_folder);
  const bool joins = arming == nullptr;
  const bool is_foreign = !incoming.downgrade && is_predecessor(known, inventory);
  Plan plan = plan_found(machine, known, is_foreign, joins);
  plan.to_version = incoming.payload;
  if (incoming.downgrade) {
    plan.notes.push_back("A downgrade to " + incoming.handler +
                         ": its own install checks its package.");
    if (arming) plan.add(std::move(arming));
    return plan;
  }
  const package::CheckedPackage checked = own.check();
  check_platform(machine, checked.manifest);
  check_install_folder(machine, checked.manifest, inventory.install_folder);
  const Relation stands = stands_to(inventory, known, checked.manifest.version);
  check_not_newer(inventory, stands, checked.manifest.version);
  const bool preserves = is_foreign && !joins;
  std::uint64_t bytes = preserves ? preserved_bytes(machine) : 0;
  if (stands != Relation::kSame) bytes += checked.total_bytes();
  if (bytes != 0)
    check_room(machine, bytes, checked.manifest.files.size(), inventory.install_folder);
  if (!known.disabled.empty() && plan.steps.empty() && !is_foreign)
    plan.notes.emplace_back(
        "What disable stopped runs again: before is the machine as it is found.");
  if (arming) plan.add(std::move(arming));
  if (preserves) {
    plan.work_folder = options.work_folder;
    plan_preservation(plan, machine, inventory, options.handler_version);
  }
  return plan;
}

}  // namespace engine
