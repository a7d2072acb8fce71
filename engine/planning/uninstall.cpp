#include "engine/planning/uninstall.h"

#include <algorithm>

#include "actions/files/remove_files.h"
#include "actions/machine/paths.h"
#include "actions/services/unregister_service.h"
#include "engine/planning/extras.h"
#include "engine/planning/incoming.h"
#include "engine/planning/services.h"
#include "engine/planning/tracing_tasks.h"
#include "engine/product/components.h"
#include "engine/product/extras.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/product/installation_change.h"
#include "engine/product/inventory.h"
#include "engine/product/meta.h"
#include "engine/product/payload.h"
#include "engine/product/predecessor.h"
#include "engine/transaction/phase.h"
#include "json/json.h"

namespace engine::planning {
namespace {

// Names and places of what is ours: from the journal, or, if it was lost, from package and machine.
struct Ours {
  std::vector<std::string> services;
  std::vector<std::string> files;
  std::vector<std::string> folders;
  std::vector<journal::Owned> extras;
};

Ours from_journal(const std::vector<journal::Owned>& rows) {
  Ours ours;
  for (const journal::Owned& owned : rows) {
    if (product::extra_of(owned) != nullptr) {
      ours.extras.push_back(owned);
      continue;
    }
    auto& list = owned.kind == "service" ? ours.services
                 : owned.kind == "file"  ? ours.files
                                         : ours.folders;
    list.push_back(owned.name);
  }
  return ours;
}

// Returns true if all that is there is of a version of the undo that was given up; a version of
// somebody who came later is not ours.
bool is_given_up(const product::Inventory& inventory,
                 const product::InstallationState& installation) {
  return std::all_of(inventory.components.begin(), inventory.components.end(),
                     [&](const product::FoundComponent& found) {
                       return !found.version ||
                              std::ranges::count(installation.given_up,
                                                 package::to_text(*found.version)) > 0;
                     });
}

// What is on a machine of which the journal does not know. After an undo that was given up
// (`inconsistent`) whatever is in the install folder may be ours, of either version.
Ours from_machine(transaction::Plan& plan, const product::Inventory& inventory,
                  const OwnPackage& own, const product::InstallationState& installation) {
  Ours ours;
  const package::CheckedPackage checked = own.check();
  const product::FoundVersion relation = found_version(inventory, checked.manifest.version);
  const bool inconsistent = installation.inconsistent && is_given_up(inventory, installation);
  if (!inconsistent && relation != product::FoundVersion::kSame &&
      relation != product::FoundVersion::kResidue) {
    plan.notes.push_back("Nothing is ours: the journal was lost, and what is there is " +
                         product::describe(inventory) + ".");
    return ours;
  }
  for (const product::FoundComponent& found : inventory.components) {
    if (found.config) ours.services.emplace_back(found.component->service);
  }
  for (const package::PayloadFile& file : checked.manifest.files) {
    ours.files.push_back(product::target_of(file, inventory.install_folder));
    ours.folders.push_back(machine::parent(ours.files.back()));
  }
  for (const product::FoundComponent& found : inventory.components) {
    const bool listed = std::any_of(
        ours.files.begin(), ours.files.end(),
        [&](const std::string& file) { return machine::equal_paths(file, found.file); });
    if (inconsistent && found.file_there && !listed &&
        machine::is_within(found.file, inventory.install_folder))
      ours.files.push_back(found.file);
  }
  ours.folders.push_back(inventory.install_folder);
  ours.extras = product::rows_of(product::extras_of(checked.manifest, inventory.install_folder));
  // Of the extras only the store's is named by a file: by the tool that wrote it.
  for (journal::Owned& row : ours.extras) {
    for (const package::PayloadFile& file : checked.manifest.files) {
      if (machine::equal_paths(product::target_of(file, inventory.install_folder), row.name))
        row.sha256 = file.sha256;
    }
  }
  plan.notes.push_back((inconsistent ? "An undo was given up" : "The journal was lost") +
                       std::string(": removing what the package lists (") +
                       product::describe(inventory) + ").");
  return ours;
}

// The components that are not registered behind the removal: those that it takes away, and those
// that somebody, or a boot, has taken away before.
std::vector<std::string> services_gone(const product::Inventory& inventory,
                                       const std::vector<std::string>& removed) {
  std::vector<std::string> gone = removed;
  for (const product::FoundComponent& found : inventory.components) {
    if (!found.config) gone.emplace_back(found.component->service);
  }
  return gone;
}

void deepest_first(std::vector<std::string>& folders) {
  std::sort(folders.begin(), folders.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
}

}  // namespace

transaction::Plan plan_retirement(const product::InstallationState& installation) {
  transaction::Plan plan;
  plan.from_version = installation.settled_version;
  plan.to_version = installation.settled_version;
  plan.notes.emplace_back("Retired: an update is open, the incoming version replaces this one.");
  return plan;
}

transaction::Plan plan_deferred_uninstall(const product::InstallationState& installation,
                                          std::unique_ptr<actions::Action> arming) {
  transaction::Plan plan;
  plan.from_version = installation.settled_version;
  plan.add(transaction::Phase::kArm, std::move(arming));
  plan.to_change().put_meta.emplace_back(product::meta::kUninstallDue, "1");
  return plan;
}

transaction::Plan plan_uninstall(machine::Machine& machine,
                                 const product::InstallationState& installation,
                                 const OwnPackage& own, const std::string& work_folder) {
  transaction::Plan plan;
  plan.is_removal = true;
  plan.from_version = installation.settled_version;
  plan.change = product::removal_change({});
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  Ours ours = from_journal(product::rows_of_ours(installation, inventory));
  if (installation.owned.empty() && ours.services.empty() && installation.take_over &&
      (inventory.anything_registered() || inventory.any_file())) {
    ours = from_machine(plan, inventory, own, installation);
  }
  if (product::newer_in_place(inventory, installation.settled_version)) {
    plan.notes.push_back("Left: a newer eBPF was put over ours (" + product::describe(inventory) +
                         ").");
    ours = {};
  }
  const std::string folder =
      installation.install_folder.empty() ? inventory.install_folder : installation.install_folder;
  std::erase_if(ours.services, [&](const std::string& name) {
    const product::FoundComponent& found = inventory.of(name);
    if (!found.config) return true;
    if (machine::is_within(found.image, folder)) return false;
    plan.notes.push_back("Service " + name + " is left: it points to " + found.image +
                         ", outside " + folder + ".");
    return true;
  });
  const bool removes = !ours.services.empty() || !ours.files.empty();
  std::vector<std::string> clients;
  if (removes) clients = active_clients(machine);
  std::vector<std::string> to_start = clients_to_start(installation, clients);
  if (removes && product::proxy_is_down(machine, installation))
    to_start = with_services(to_start, {std::string(product::kGuestProxyAgent)});
  if (!installation.not_started.empty())
    plan.change->forget_meta.emplace_back(product::meta::kNotStarted);
  if (installation.upgrading_seen)
    plan.change->forget_meta.emplace_back(product::meta::kUpgradingSeen);
  if (!removes) {
    // An install that was undone leaves the session that its task had started meanwhile.
    if (!inventory.anything_registered())
      plan_trace_end(plan, machine, transaction::Phase::kTakeOff);
    plan_client_starts(plan, machine, installation, to_start);
    return plan;
  }
  plan.work_folder = work_folder;
  product::Inventory stopping = inventory;
  std::erase_if(stopping.components, [&ours](const product::FoundComponent& found) {
    return !contains_service(ours.services, found.component->service);
  });
  plan_stops(plan, machine, stopping, clients);
  for (auto component = product::components().rbegin(); component != product::components().rend();
       ++component) {
    if (contains_service(ours.services, component->service)) {
      plan.add<actions::services::UnregisterService>(transaction::Phase::kChange,
                                                     std::string(component->service));
    }
  }
  // Those that a downgrade took out before wait for their service too.
  const std::vector<std::string> taken =
      with_services(plan_dependencies_out(plan, machine, services_gone(inventory, ours.services)),
                    installation.dependencies_taken);
  if (!taken.empty()) plan.change->put_meta = product::removal_change(taken).put_meta;
  plan_extra_removal(plan, machine, installation, ours.extras, transaction::Phase::kTakeOff);
  plan_trace_end(plan, machine, transaction::Phase::kTakeOff);
  deepest_first(ours.folders);
  plan.add<actions::files::RemoveFiles>(transaction::Phase::kRemove, work_folder, ours.files,
                                        ours.folders);
  plan_client_starts(plan, machine, installation, to_start);
  return plan;
}

}  // namespace engine::planning
