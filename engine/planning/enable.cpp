#include "engine/planning/enable.h"

#include <algorithm>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/services/register_service.h"
#include "actions/services/service_control.h"
#include "actions/services/set_dependencies.h"
#include "actions/services/set_start_type.h"
#include "actions/services/start_service.h"
#include "engine/planning/extras.h"
#include "engine/planning/files.h"
#include "engine/planning/install.h"
#include "engine/planning/preservation.h"
#include "engine/planning/services.h"
#include "engine/product/components.h"
#include "engine/product/extras.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/product/installation_change.h"
#include "engine/product/inventory.h"
#include "engine/product/last_look.h"
#include "engine/product/meta.h"
#include "engine/product/payload.h"
#include "engine/product/version_to_be.h"
#include "engine/transaction/phase.h"
#include "engine/transaction/plan.h"
#include "errors/failure.h"
#include "json/json.h"
#include "package/version.h"

namespace engine::planning {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::ServiceState;
using machine::StartType;
using transaction::Phase;
using transaction::Plan;

// The check of a package makes sure that its drivers and eBPFSvc have the payload's version. An
// image without a readable version is not the package's.
bool other_version(const product::Inventory& inventory, const std::string& path,
                   const std::string& settled_version) {
  return std::any_of(
      inventory.components.begin(), inventory.components.end(),
      [&](const product::FoundComponent& found) {
        return found.file_there && machine::equal_paths(found.file, path) &&
               (!found.version || package::to_text(*found.version) != settled_version);
      });
}

// Returns the owned files that are not as we left them. A file of the same size under another id is
// hashed: a copy of the same bytes will do. The version tells an image that was written over ours
// in place, with the same id and size.
std::vector<std::string> damaged_files(machine::Machine& machine,
                                       const product::InstallationState& installation,
                                       const product::Inventory& inventory) {
  std::vector<std::string> damaged;
  for (const journal::Owned& owned : installation.owned) {
    if (owned.kind != "file") continue;
    const auto info = machine.files().stat(owned.name);
    const bool there =
        info && info->kind == machine::FileKind::kFile &&
        static_cast<std::int64_t>(info->size) == owned.size &&
        (info->id == owned.file_id || machine.files().sha256(owned.name) == owned.sha256);
    if (!there || other_version(inventory, owned.name, installation.settled_version))
      damaged.push_back(owned.name);
  }
  return damaged;
}

std::vector<package::PayloadFile> restorable(const std::vector<std::string>& damaged,
                                             const product::InstallationState& installation,
                                             const OwnPackage& own,
                                             const package::CheckedPackage& checked) {
  std::vector<package::PayloadFile> files;
  for (const std::string& path : damaged) {
    const auto file = std::find_if(
        checked.manifest.files.begin(), checked.manifest.files.end(), [&](const auto& f) {
          return machine::equal_paths(product::target_of(f, installation.install_folder), path);
        });
    if (file == checked.manifest.files.end()) {
      throw Failure(ExitCode::kCopyFile, path,
                    "restore " + path + ": the package " + own.version + " does not have it");
    }
    files.push_back(*file);
  }
  return files;
}

// Whether a failing start of one of our drivers would restart the VM.
bool restarts_vm(const product::Inventory& inventory,
                 const product::InstallationState& installation) {
  return std::any_of(inventory.components.begin(), inventory.components.end(),
                     [&](const product::FoundComponent& found) {
                       return installation.owns_service(found.component->service) &&
                              found.restarts_vm();
                     });
}

// Whether a registration of the settled version is gone, has a path from which Windows does not
// start it or that is elsewhere, or has another type.
bool registrations_differ(const product::Inventory& inventory,
                          const product::InstallationState& installation) {
  return std::any_of(
      inventory.components.begin(), inventory.components.end(),
      [&](const product::FoundComponent& found) {
        const std::string image = machine::join(installation.install_folder, found.component->file);
        return installation.owns_service(found.component->service) &&
               (!found.starts_from(image) || found.config->type != found.component->type);
      });
}

// What the plan restores from the settled version's own package.
struct Repair {
  std::optional<package::CheckedPackage> checked;  // nullopt: nothing needs repair
  std::vector<package::PayloadFile> files;
};

Repair plan_repair(Plan& plan, machine::Machine& machine,
                   const product::InstallationState& installation, const OwnPackage& own,
                   const product::Inventory& inventory, bool& restart_due) {
  const std::vector<std::string> damaged = damaged_files(machine, installation, inventory);
  const bool wrong = registrations_differ(inventory, installation);
  // Only the settled version's own handler mends it; of any other the status warns.
  const bool mends = restarts_vm(inventory, installation) &&
                     own.version == installation.settled_version &&
                     !product::newer_in_place(inventory, installation.settled_version);
  if (damaged.empty() && !wrong && !mends) return {};
  const std::string object = damaged.empty() ? product::describe(inventory) : damaged.front();
  if (product::newer_in_place(inventory, installation.settled_version)) {
    // The last look would report the same, after the repair.
    throw Failure(product::last_look_row(product::Occasion::kEnable, product::Finding::kNewer).code,
                  inventory.install_folder,
                  "restore eBPF " + installation.settled_version +
                      " over the newer version that somebody " + "put in its place (" +
                      product::describe(inventory) + ")")
        .advise("Deploy the extension in that version, or uninstall the newer one,");
  }
  if (own.version != installation.settled_version) {
    throw Failure(ExitCode::kCopyFile, object,
                  "restore " + object + ": it belongs to eBPF " + installation.settled_version +
                      ", this package is " + (own.version.empty() ? "unreadable" : own.version))
        .advise("Deploy the extension's version " + installation.settled_version + " again.");
  }
  Repair repair{own.check(), {}};
  const package::CheckedPackage& checked = *repair.checked;
  repair.files = restorable(damaged, installation, own, checked);
  const auto& files = repair.files;
  restart_due = restart_due || replaces_running(inventory, machine, files);
  plan_staging(plan, machine, checked, files, installation.install_folder);
  plan_placing(plan, files, installation.install_folder);
  plan_registrations(plan, installation, checked.manifest, inventory, installation.install_folder);
  plan.change = installed_change(machine, checked, files, installation.install_folder);
  return repair;
}

// The change once everything runs: no restart is due, no disable is in force. `still_taken`:
// dependencies of GuestProxyAgent that wait for their service to come back.
void settle_enabled(product::InstallationChange& change,
                    const std::vector<std::string>& still_taken) {
  std::erase_if(change.put_meta,
                [](const auto& entry) { return entry.first == product::meta::kRestartDue; });
  change.forget_meta.emplace_back(product::meta::kRestartDue);
  change.forget_meta.emplace_back(product::meta::kDisabled);
  if (still_taken.empty()) {
    change.forget_meta.emplace_back(product::meta::kDependencies);
  } else {
    change.put_meta.emplace_back(product::meta::kDependencies, nlohmann::json(still_taken).dump());
  }
}

// Gives GuestProxyAgent's registration back the dependencies that uninstall took out, if their
// services exist: with a dependency that does not exist, it would never start. Returns the others.
std::vector<std::string> plan_dependencies(Plan& plan, machine::Machine& machine,
                                           const product::InstallationState& installation) {
  const auto config = machine.services().config(product::kGuestProxyAgent);
  if (plan.has<actions::services::SetDependencies>(product::kGuestProxyAgent))
    return with_services(config->depends_on, installation.dependencies_taken);
  if (installation.dependencies_taken.empty() || !config) return installation.dependencies_taken;
  std::vector<std::string> back;
  std::vector<std::string> still_taken;
  for (const std::string& name : installation.dependencies_taken) {
    const bool there =
        machine.services().config(name) || plan.has<actions::services::RegisterService>(name);
    (there ? back : still_taken).push_back(name);
  }
  const std::vector<std::string> wanted = with_services(config->depends_on, back);
  if (wanted != config->depends_on)
    plan.add<actions::services::SetDependencies>(Phase::kChange,
                                                 std::string(product::kGuestProxyAgent), wanted);
  return still_taken;
}

// A component that is to run, as the plan so far leaves it: if the plan stops the component it
// counts as stopped, if the plan registers it it has the start type of a new registration.
struct Runnable {
  const product::FoundComponent* found = nullptr;
  bool running = false;
  StartType start = StartType::kDemand;
};

// A service whose process has ended does not run, even if its manager has not seen that yet.
bool runs(machine::Machine& machine, const product::FoundComponent& found) {
  return found.status && found.status->state == ServiceState::kRunning &&
         !actions::services::has_died(machine, *found.status);
}

std::vector<Runnable> runnables(machine::Machine& machine, const product::Inventory& inventory,
                                const product::InstallationState& installation, const Plan& plan,
                                const product::VersionToBe& to_be) {
  std::vector<Runnable> list;
  for (const product::FoundComponent& found : inventory.components) {
    const std::string service(found.component->service);
    if (!to_be.has(service)) continue;
    if (!found.config && !plan.has<actions::services::RegisterService>(service))
      continue;  // nothing to start
    Runnable runnable;
    runnable.found = &found;
    runnable.start = new_start_type(installation);
    runnable.running = runs(machine, found) && !plan.has(Phase::kStop, service);
    if (found.config) runnable.start = found.config->start;
    if (plan.has(Phase::kHold, service)) runnable.start = StartType::kDisabled;
    list.push_back(runnable);
  }
  return list;
}

}  // namespace

void plan_restart(CommandPlan& made, machine::Machine& machine,
                  const product::InstallationState& installation,
                  const product::Inventory& inventory, bool restart_due, bool in_update) {
  Plan& plan = made.plan;
  const std::vector<Runnable> list =
      runnables(machine, inventory, installation, plan, *made.expects.version_to_be);
  const bool some_stopped =
      std::any_of(list.begin(), list.end(), [](const Runnable& r) { return !r.running; });

  std::vector<std::string> clients;
  if (some_stopped || restart_due) clients = active_clients(machine);
  std::vector<std::string> to_start = clients_to_start(installation, clients);
  const bool proxy_down = product::proxy_is_down(machine, installation);
  if (proxy_down && !contains_service(to_start, product::kGuestProxyAgent))
    to_start.emplace_back(product::kGuestProxyAgent);
  std::erase_if(clients, [&](const std::string& client) { return plan.has(Phase::kStop, client); });
  std::erase_if(to_start, [&](const std::string& name) {
    const auto status = machine.services().status(name);
    const bool runs_on = status && status->state == ServiceState::kRunning;
    return runs_on && !contains_service(clients, name) && !plan.has(Phase::kStop, name);
  });

  if (restart_due && !plan.has(Phase::kStop)) {
    plan_stops(plan, machine, inventory, clients);
  } else {
    plan_client_stops(plan, machine, clients);
  }
  const auto role = [&](std::string_view service) {
    const bool stopped =
        plan.has(Phase::kStop, service) || (in_update && installation.stopped_by_us(service));
    return stopped ? actions::services::StartService::Role::kRestart
                   : actions::services::StartService::Role::kStart;
  };
  for (const Runnable& r : list) {
    const std::string service(r.found->component->service);
    if (!r.running && r.start == StartType::kDisabled)
      plan.add<actions::services::SetStartType>(Phase::kStart, service, StartType::kDemand);
    if (!r.running || restart_due) {
      plan.add<actions::services::StartService>(Phase::kStart, service,
                                                errors::ExitCode::kStartDriver, role(service));
    }
    // A component gets the start type that it had before the update, or becomes automatic, only
    // after it has started: no boot begins with a pair that was never tried.
    const auto found = installation.found_start_types.find(machine::fold_case(service));
    StartType wanted = StartType::kAutomatic;
    if (plan.has(Phase::kHold, service)) wanted = r.found->config->start;
    if (found != installation.found_start_types.end()) wanted = found->second;
    const bool starts_by_itself = r.start == StartType::kAutomatic || r.start == StartType::kBoot ||
                                  r.start == StartType::kSystem;
    if (r.start != wanted && !starts_by_itself)
      plan.add<actions::services::SetStartType>(Phase::kEnableAtBoot, service, wanted);
  }
  plan_client_starts(plan, machine, installation, to_start,
                     {.role = role, .proxy_is_vital = !proxy_down});
  made.expects.neighbours = started_neighbours(plan);
}

namespace {

// The version that an undone update gave back; all that is registered, if none of it is ours.
product::VersionToBe given_back(const product::InstallationState& installation,
                                const product::Inventory& inventory) {
  product::VersionToBe to_be = product::version_to_be(installation);
  if (!installation.owned.empty()) return to_be;
  for (const product::FoundComponent& found : inventory.components) {
    if (found.config) to_be.services.emplace_back(found.component->service);
  }
  return to_be;
}

// An enable of a handler whose version is not there never says success, unless `setup` brought the
// newer one: the VM Agent's goal is an eBPF that runs, and nobody undid anything.
void refuse_older(Plan& plan, const product::InstallationState& installation,
                  const std::string& own_version) {
  const std::string& settled_version = installation.settled_version;
  const auto settled = package::parse_version(settled_version);
  const auto own = package::parse_version(own_version);
  if (!settled || !own || !(*own < *settled)) return;
  if (installation.wanted_by_setup == settled_version) {
    plan.notes.push_back("eBPF " + settled_version +
                         ", which `setup` brought, is newer than this package's " + own_version +
                         ": it is left.");
    return;
  }
  throw Failure(
      ExitCode::kDowngradeRefused, "eBPF " + own_version,
      "enable eBPF " + own_version + ": eBPF " + settled_version + " is installed, and is newer")
      .advise("Deploy the extension's version " + settled_version +
              " or later; to go back, deploy the older version as an update of the newer one.");
}

}  // namespace

CommandPlan plan_enable(machine::Machine& machine, const product::InstallationState& installation,
                        const OwnPackage& own, const EnableOptions& options) {
  CommandPlan made;
  Plan& plan = made.plan;
  bool restart_due = installation.restart_due;
  const bool installs = options.to_own_version || installation.settled_version.empty();
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  if (!installs) refuse_older(plan, installation, own.version);
  if (installs) {
    const package::CheckedPackage checked = own.check();
    plan = plan_install(machine, installation, checked, options.install);
    made.expects.version_to_be = product::version_to_be(checked.manifest, inventory.install_folder);
    restart_due = plan.restart_due;
  }
  plan.from_version = installation.settled_version;
  plan.work_folder = options.install.work_folder;
  Repair repair;
  if (!installs) {
    plan.to_version = installation.settled_version;
    made.expects.version_to_be = product::version_to_be(installation);
    repair = plan_repair(plan, machine, installation, own, inventory, restart_due);
  }
  if (!plan.has_vital()) plan.work_folder.clear();
  if (!installs) {
    plan_queue_cleared(plan, machine, *made.expects.version_to_be);
    const std::size_t vital = plan.steps.size();
    plan_missing_extras(plan, machine, installation,
                        {repair.checked ? &*repair.checked : nullptr, repair.files});
    if (plan.change || plan.steps.size() > vital)
      change_extras(plan, machine, installation, product::extras_of(installation),
                    installation.settled_version);
  }
  const std::vector<std::string> still_taken = plan_dependencies(plan, machine, installation);
  plan_restart(made, machine, installation, inventory, restart_due, options.to_own_version);
  plan_upgrading_end(plan, machine, installation);
  settle_enabled(plan.to_change(), still_taken);
  if (!installation.not_started.empty())
    plan.change->forget_meta.emplace_back(product::meta::kNotStarted);
  if (!installation.proxy_stopped_in.empty())
    plan.change->forget_meta.emplace_back(product::meta::kProxyStopped);
  if (plan.has<actions::services::StartService>(product::kGuestProxyAgent)) {
    made.expects.proxy = product::proxy_before(machine, installation);
  }
  return made;
}

CommandPlan plan_starts(machine::Machine& machine, const product::InstallationState& installation) {
  check_boot_mode(machine);
  CommandPlan made;
  Plan& plan = made.plan;
  plan.from_version = installation.settled_version;
  plan.to_version = installation.settled_version;
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  made.expects.version_to_be = given_back(installation, inventory);
  made.expects.occasion = product::Occasion::kRepeatedAttempt;
  for (const Runnable& r :
       runnables(machine, inventory, installation, plan, *made.expects.version_to_be)) {
    if (!r.running && r.found->config)
      plan.add<actions::services::StartService>(Phase::kStart,
                                                std::string(r.found->component->service));
  }
  std::vector<std::string> clients = clients_to_start(installation, {});
  if (product::proxy_is_down(machine, installation) &&
      !contains_service(clients, product::kGuestProxyAgent))
    clients.emplace_back(product::kGuestProxyAgent);
  std::erase_if(clients, [&](const std::string& client) {
    const auto status = machine.services().status(client);
    return !status || status->state == ServiceState::kRunning;
  });
  plan_client_starts(plan, machine, installation, clients, {.role = {}, .proxy_is_vital = false});
  made.expects.neighbours = started_neighbours(plan);
  return made;
}

}  // namespace engine::planning
