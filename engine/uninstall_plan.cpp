#include "engine/uninstall_plan.h"

#include <algorithm>

#include "actions/files/remove_files.h"
#include "actions/machine/paths.h"
#include "actions/services/set_dependencies.h"
#include "actions/services/unregister_service.h"
#include "engine/accessories.h"
#include "engine/inventory.h"
#include "engine/payload_plan.h"
#include "engine/predecessor.h"
#include "engine/service_plan.h"
#include "json/json.h"

namespace engine {
namespace {

// Names and places of what is ours: from the journal, or from the machine where the journal was
// lost.
struct Ours {
  std::vector<std::string> services;
  std::vector<std::string> files;
  std::vector<std::string> folders;
  std::vector<journal::Owned> accessories;
};

Ours from_journal(const std::vector<journal::Owned>& rows) {
  Ours ours;
  for (const journal::Owned& owned : rows) {
    if (is_accessory(owned)) {
      ours.accessories.push_back(owned);
      continue;
    }
    auto& list = owned.kind == "service" ? ours.services
                 : owned.kind == "file"  ? ours.files
                                         : ours.folders;
    list.push_back(owned.name);
  }
  return ours;
}

Ours from_machine(Plan& plan, const Inventory& inventory, const OwnPackage& own) {
  Ours ours;
  const package::CheckedPackage checked = own.check();
  const Relation stands = relation(inventory, checked.manifest.version);
  if (stands != Relation::kSame && stands != Relation::kResidue) {
    plan.notes.push_back("Nothing is ours: the journal was lost, and what is there is " +
                         describe(inventory) + ".");
    return ours;
  }
  for (const FoundComponent& found : inventory.components) {
    if (found.config) ours.services.emplace_back(found.component->service);
  }
  for (const package::PayloadFile& file : checked.manifest.files) {
    ours.files.push_back(target_of(file, inventory.install_folder));
    ours.folders.push_back(machine::parent(ours.files.back()));
  }
  ours.folders.push_back(inventory.install_folder);
  ours.accessories = rows_of(accessories_of(checked.manifest, inventory.install_folder));
  plan.notes.push_back("The journal was lost: removing what the package lists (" +
                       describe(inventory) + ").");
  return ours;
}

void deepest_first(std::vector<std::string>& folders) {
  std::sort(folders.begin(), folders.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
}

// GuestProxyAgent's dependencies without the services that go. nullopt: it has none of them.
std::optional<std::vector<std::string>> dependencies_left(machine::Machine& machine,
                                                          const std::vector<std::string>& going) {
  const auto config = machine.services().config(kGuestProxyAgent);
  if (!config) return std::nullopt;
  std::vector<std::string> left = config->depends_on;
  std::erase_if(left, [&](const std::string& name) { return contains_service(going, name); });
  if (left.size() == config->depends_on.size()) return std::nullopt;
  return left;
}

}  // namespace

Settlement uninstall_settlement(const std::vector<std::string>& dependencies) {
  Settlement settlement;
  if (!dependencies.empty())
    settlement.put_meta.emplace_back(meta::kDependencies, nlohmann::json(dependencies).dump());
  settlement.forget_all_owned = true;
  for (const char* key : {meta::kSettledVersion, meta::kSettledHandler, meta::kInstallFolder,
                          meta::kPackage, meta::kRestartDue, meta::kDisabled, meta::kTakeOver,
                          meta::kInconsistent, meta::kPackageFolders, meta::kUninstallDue,
                          meta::kStoreEntries, meta::kTasksOff, meta::kPreserved}) {
    settlement.forget_meta.emplace_back(key);
  }
  return settlement;
}

Plan plan_retirement(const Known& known) {
  Plan plan;
  plan.from_version = known.settled_version;
  plan.to_version = known.settled_version;
  plan.notes.emplace_back("Retired: an update is open, the incoming version replaces this one.");
  return plan;
}

Plan plan_deferred_uninstall(const Known& known, std::unique_ptr<actions::Action> arming) {
  Plan plan;
  plan.from_version = known.settled_version;
  plan.add(std::move(arming));
  plan.settlement = [](machine::Machine&) {
    Settlement settlement;
    settlement.put_meta.emplace_back(meta::kUninstallDue, "1");
    return settlement;
  };
  return plan;
}

Plan plan_uninstall(machine::Machine& machine, const Known& known, const OwnPackage& own,
                    const std::string& work_folder) {
  Plan plan;
  plan.from_version = known.settled_version;
  plan.settlement = [](machine::Machine&) { return uninstall_settlement({}); };
  const Inventory inventory = look(machine, known.install_folder);
  Ours ours = from_journal(known.owned.empty() ? preserved_rows(known, inventory) : known.owned);
  if (known.owned.empty() && ours.services.empty() && known.take_over &&
      (inventory.anything_registered() || inventory.any_file())) {
    ours = from_machine(plan, inventory, own);
  }
  if (newer_in_place(inventory, known.settled_version)) {
    plan.notes.push_back("Left: a newer eBPF was put over ours (" + describe(inventory) + ").");
    ours = {};
  }
  const std::string folder =
      known.install_folder.empty() ? inventory.install_folder : known.install_folder;
  std::erase_if(ours.services, [&](const std::string& name) {
    const FoundComponent& found = inventory.of(name);
    if (!found.config) return true;
    if (machine::is_within(found.image, folder)) return false;
    plan.notes.push_back("Service " + name + " is left: it points to " + found.image +
                         ", outside " + folder + ".");
    return true;
  });
  const bool removes = !ours.services.empty() || !ours.files.empty();
  std::vector<std::string> clients;
  if (removes) clients = active_clients(machine);
  const std::vector<std::string> to_start = clients_to_start(known, clients);
  if (!removes) {
    plan_client_starts(plan, machine, known, to_start, true);
    return plan;
  }
  plan.work_folder = work_folder;
  Inventory stopping = inventory;
  std::erase_if(stopping.components, [&ours](const FoundComponent& found) {
    return !contains_service(ours.services, found.component->service);
  });
  plan_stops(plan, machine, stopping, clients);
  for (auto component = components().rbegin(); component != components().rend(); ++component) {
    if (contains_service(ours.services, component->service)) {
      plan.step<actions::UnregisterService>(std::string(component->service));
    }
  }
  if (const auto left = dependencies_left(machine, ours.services)) {
    plan.step<actions::SetDependencies>(std::string(kGuestProxyAgent), *left);
    const std::vector<std::string> before = machine.services().config(kGuestProxyAgent)->depends_on;
    plan.settlement = [before](machine::Machine&) { return uninstall_settlement(before); };
  }
  plan_accessory_removal(plan, machine, known, ours.accessories);
  deepest_first(ours.folders);
  plan.step<actions::RemoveFiles>(work_folder, ours.files, ours.folders);
  plan_client_starts(plan, machine, known, to_start, true);
  return plan;
}

}  // namespace engine
