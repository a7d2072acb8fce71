#include "engine/planning/preservation.h"

#include <memory>
#include <optional>

#include "actions/best_effort.h"
#include "actions/files/file_tree.h"
#include "actions/files/preserve_installation.h"
#include "actions/machine/files.h"
#include "actions/machine/registry.h"
#include "actions/registry/write_registry.h"
#include "engine/product/meta.h"
#include "engine/product/places.h"
#include "engine/product/predecessor.h"
#include "engine/transaction/phase.h"

namespace engine::planning {

using actions::registry::WriteRegistry;
using machine::RegistryType;
using machine::RegistryValue;
using product::kUpgradingKey;
using product::kUpgradingValue;

void plan_preservation(transaction::Plan& plan, machine::Machine& machine,
                       const product::Inventory& inventory, const std::string& handler_version) {
  plan.notes.push_back("What is there is not ours (" + product::describe(inventory) +
                       "): it is preserved, and undoing the update gives it back, running.");
  plan.add<actions::files::PreserveInstallation>(
      transaction::Phase::kStage, plan.work_folder,
      product::predecessor_installation(machine, inventory));
  plan.add<WriteRegistry>(transaction::Phase::kChange, kUpgradingKey, kUpgradingValue,
                          RegistryValue{RegistryType::kString, handler_version});
  plan.to_change().put_meta.emplace_back(product::meta::kPreserved,
                                         product::preserved_mark(machine, inventory));
}

std::uint64_t preserved_bytes(machine::Machine& machine) {
  return actions::files::FileTree::below(machine.files(), product::default_install_folder(machine))
      .bytes;
}

void plan_upgrading_end(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation) {
  if (installation.upgrading_seen)
    plan.to_change().forget_meta.emplace_back(product::meta::kUpgradingSeen);
  const auto keys = actions::if_readable([&] { return machine.registry().subtree(kUpgradingKey); });
  if (keys && keys->empty()) return;
  const auto remove = [&plan](const std::string& name) {
    plan.add<WriteRegistry>(transaction::Phase::kExtras, kUpgradingKey, name, std::nullopt);
  };
  if (keys && !keys->front().values.empty()) {
    for (const auto& [name, value] : keys->front().values)
      remove(name);
    return;
  }
  // A key goes with its last value, and this one has none.
  if (keys)
    plan.add<WriteRegistry>(transaction::Phase::kExtras, kUpgradingKey, kUpgradingValue,
                            RegistryValue{RegistryType::kString, ""});
  remove(kUpgradingValue);
}

void record_upgrading_key(transaction::Plan& plan, machine::Machine& machine,
                          const product::InstallationState& installation) {
  forget_upgrading_key(plan, machine, installation);
  if (!installation.upgrading_seen && product::has_upgrading_key(machine))
    plan.to_change().put_meta.emplace_back(product::meta::kUpgradingSeen, "1");
}

void forget_upgrading_key(transaction::Plan& plan, machine::Machine& machine,
                          const product::InstallationState& installation) {
  if (installation.upgrading_seen && !product::has_upgrading_key(machine))
    plan.to_change().forget_meta.emplace_back(product::meta::kUpgradingSeen);
}

}  // namespace engine::planning
