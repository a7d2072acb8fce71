#include "engine/planning/uninstall.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "actions/files/remove_files.h"
#include "actions/machine/paths.h"
#include "actions/services/set_start_type.h"
#include "actions/services/start_service.h"
#include "actions/services/unregister_service.h"
#include "actions/tasks/unregister_task.h"
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
#include "engine/product/origin.h"
#include "engine/product/payload.h"
#include "engine/product/predecessor.h"
#include "engine/product/tracing_tasks.h"
#include "engine/product/treatment.h"
#include "engine/transaction/phase.h"
#include "journal/records.h"
#include "text/joined.h"

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

namespace {

// What is ours to take away, by the treatment of what is there. What is only used or adopted is
// left; of it goes what we added beside it.
Ours ours_of(transaction::Plan& plan, const product::InstallationState& installation,
             const product::Inventory& inventory, const OwnPackage& own,
             const product::OriginFacts& facts) {
  const std::string found = product::describe(inventory);
  std::vector<journal::Owned> rows = product::rows_of_ours(installation, inventory);
  switch (product::treatment_of(facts.found, product::Intent::kRemove)) {
    case product::Treatment::kGiveBack:
      std::erase_if(rows, [](const auto& row) { return row.origin.has_value(); });
      // A product that came over what was ours put there all but the tasks.
      if (!product::has_origin(installation, journal::kAdopted) &&
          !product::has_origin(installation, journal::kOfMsi))
        std::erase_if(rows, [](const auto& row) { return row.kind != "task"; });
      plan.notes.push_back("Left: eBPF " +
                           (facts.product ? "of " + product::describe(*facts.product)
                                          : "was there before the extension (" + found + ")") +
                           ", and stays.");
      return from_journal(rows);
    case product::Treatment::kLeave:
      if (!installation.settled_version.empty())
        plan.notes.push_back("Left: another installer has put a newer eBPF over ours (" + found +
                             ").");
      if (facts.found.origin != product::Origin::kNothing) return {};
      break;  // files of a journal that was lost
    default:
      break;
  }
  Ours ours = from_journal(rows);
  const bool knows_none = installation.owned.empty() && ours.services.empty();
  if (knows_none && installation.take_over &&
      (inventory.anything_registered() || inventory.any_file()))
    ours = from_machine(plan, inventory, own, installation);
  return ours;
}

// What a disable stopped, and what stays, runs again; an adopted installation gets back the start
// types that it was found with.
void plan_left_running(transaction::Plan& plan, const product::InstallationState& installation,
                       const product::Inventory& inventory, const Ours& ours) {
  const auto start_types = product::start_types_from(installation.found_start_types_text);
  for (const product::FoundComponent& found : inventory.components) {
    const std::string service(found.component->service);
    if (!found.config || contains_service(ours.services, service)) continue;
    plan_start_again(plan, installation, found);
    const auto type = start_types.find(service);
    if (type != start_types.end() && type->second != found.config->start)
      plan.add<actions::services::SetStartType>(transaction::Phase::kEnableAtBoot, service,
                                                type->second)
          .vital = false;
  }
}

// A service that somebody re-pointed outside our folder is theirs now.
void leave_elsewhere(transaction::Plan& plan, Ours& ours, const product::Inventory& inventory,
                     const std::string& folder) {
  std::erase_if(ours.services, [&](const std::string& name) {
    const product::FoundComponent& found = inventory.of(name);
    if (!found.config) return true;
    if (machine::is_within(found.image, folder)) return false;
    plan.notes.push_back("Service " + name + " is left: it points to " + found.image +
                         ", outside " + folder + ".");
    return true;
  });
}

// What goes where no service and no file of ours is there: extras.
void plan_little(transaction::Plan& plan, machine::Machine& machine,
                 const product::InstallationState& installation,
                 const product::Inventory& inventory, const Ours& ours) {
  plan_extra_removal(plan, machine, installation, ours.extras, transaction::Phase::kTakeOff);
  // An install that was undone leaves the session that its task had started meanwhile.
  if (!inventory.anything_registered() ||
      plan.has<actions::tasks::UnregisterTask>(std::string(product::kStartupTask)))
    plan_trace_end(plan, machine, transaction::Phase::kTakeOff);
  plan_left_running(plan, installation, inventory, ours);
}

// Says what GuestProxyAgent loses with the services of ours that it depends on.
void note_loss_of_proxy(transaction::Plan& plan, const std::vector<std::string>& taken,
                        const Ours& ours) {
  std::vector<std::string> lost;
  std::ranges::copy_if(taken, std::back_inserter(lost), [&](const std::string& name) {
    return contains_service(ours.services, name);
  });
  if (lost.empty()) return;
  plan.notes.push_back("GuestProxyAgent depends on " + text::joined(lost) +
                       ": without eBPF it runs on, but no longer guards the VM's connections to "
                       "the metadata services of its host.");
}

}  // namespace

transaction::Plan plan_uninstall(machine::Machine& machine,
                                 const product::InstallationState& installation,
                                 const OwnPackage& own, const std::string& work_folder) {
  transaction::Plan plan;
  plan.is_removal = true;
  plan.from_version = installation.settled_version;
  plan.change = product::removal_change({});
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  const product::OriginFacts facts =
      product::origin_facts(machine, installation, inventory, {}, product::Intent::kRemove);
  Ours ours = ours_of(plan, installation, inventory, own, facts);
  leave_elsewhere(
      plan, ours, inventory,
      installation.install_folder.empty() ? inventory.install_folder : installation.install_folder);
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
  if (!installation.brought_by_setup.empty())
    plan.change->forget_meta.emplace_back(product::meta::kBroughtBySetup);
  if (!removes) {
    plan_little(plan, machine, installation, inventory, ours);
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
  std::vector<std::string> taken =
      plan_dependencies_out(plan, machine, services_gone(inventory, ours.services));
  note_loss_of_proxy(plan, taken, ours);
  taken = with_services(taken, installation.dependencies_taken);
  if (!taken.empty()) plan.change->put_meta = product::removal_change(taken).put_meta;
  plan_extra_removal(plan, machine, installation, ours.extras, transaction::Phase::kTakeOff);
  plan_trace_end(plan, machine, transaction::Phase::kTakeOff);
  deepest_first(ours.folders);
  plan.add<actions::files::RemoveFiles>(transaction::Phase::kRemove, work_folder, ours.files,
                                        ours.folders);
  plan_left_running(plan, installation, inventory, ours);
  plan_client_starts(plan, machine, installation, to_start);
  return plan;
}

}  // namespace engine::planning
