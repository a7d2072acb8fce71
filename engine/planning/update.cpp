#include "engine/planning/update.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "engine/planning/files.h"
#include "engine/planning/hand_over.h"
#include "engine/planning/inherited_steps.h"
#include "engine/planning/install.h"
#include "engine/planning/preservation.h"
#include "engine/planning/services.h"
#include "engine/product/inventory.h"
#include "engine/product/predecessor.h"
#include "engine/transaction/phase.h"
#include "errors/failure.h"
#include "package/foreign_package.h"
#include "package/handler_manifest.h"

namespace engine::planning {
namespace {

using errors::ExitCode;
using errors::Failure;

// An open update has inherited and preserved a foreign installation already.
transaction::Plan plan_found(machine::Machine& machine,
                             const product::InstallationState& installation, bool is_foreign,
                             bool joins) {
  if (is_foreign && joins) return {};
  transaction::Plan plan = plan_inherited_stops(machine, installation);
  if (is_foreign && plan.steps.empty()) plan = plan_inherited_predecessor(machine, installation);
  return plan;
}

// A downgrade goes on with the package that the VM Agent has put beside ours: without it nobody
// would install anything once ours is uninstalled.
void check_target(const Incoming& incoming) {
  if (incoming.handler_of == package::HandlerOf::kNobody) {
    throw Failure(
        ExitCode::kFolderNotFound, incoming.folder,
        "downgrade to handler " + incoming.handler + ": its package is not in " + incoming.folder)
        .advise("Deploy that version of the extension again.");
  }
  if (incoming.handler_of == package::HandlerOf::kUnknown) {
    throw Failure(ExitCode::kPackageDamaged, incoming.folder,
                  "downgrade to handler " + incoming.handler + ": " + incoming.folder + " has no " +
                      std::string(package::kHandlerManifestName) + " that can be read");
  }
}

}  // namespace

transaction::Plan plan_update(machine::Machine& machine,
                              const product::InstallationState& installation, const OwnPackage& own,
                              const Incoming& incoming, const UpdateOptions& options,
                              std::unique_ptr<actions::Action> arming) {
  check_policy(machine);
  if (incoming.downgrade) check_target(incoming);
  if (incoming.is_hand_over())
    return plan_hand_over(machine, installation, incoming,
                          {options.handler_version, options.work_folder, true}, std::move(arming));
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  const bool joins = arming == nullptr;
  const bool is_foreign = !incoming.downgrade && product::is_predecessor(installation, inventory);
  transaction::Plan plan = plan_found(machine, installation, is_foreign, joins);
  plan.to_version = incoming.payload;
  plan_settled_kept(plan, machine, installation);
  if (incoming.downgrade) {
    plan.notes.push_back("A downgrade to " + incoming.handler +
                         ": its own install checks its package.");
    if (arming) plan.add(transaction::Phase::kArm, std::move(arming));
    return plan;
  }
  const package::CheckedPackage checked = own.check();
  check_platform(machine, checked.manifest);
  check_not_marked(inventory, false);
  check_install_folder(machine, checked.manifest, inventory.install_folder);
  const Replaced found =
      replaced(machine, inventory, installation, checked.manifest.version, options.downgrade);
  const bool preserves = is_foreign && !joins;
  std::uint64_t bytes = preserves ? preserved_bytes(machine) : 0;
  if (found.facts.found.relation != product::FoundVersion::kSame) bytes += checked.total_bytes();
  if (bytes != 0)
    check_room(machine, bytes, checked.manifest.files.size(), inventory.install_folder);
  if (!installation.disabled.empty() && plan.steps.empty() && !is_foreign)
    plan.notes.emplace_back(
        "What disable stopped runs again: before is the machine as it is found.");
  if (arming) plan.add(transaction::Phase::kArm, std::move(arming));
  if (preserves) {
    plan.work_folder = options.work_folder;
    plan_preservation(plan, machine, inventory, options.handler_version);
  }
  return plan;
}

}  // namespace engine::planning
