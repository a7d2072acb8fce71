#include "engine/enable_plan.h"

#include <algorithm>
#include <iterator>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/services/service_control.h"
#include "actions/services/set_dependencies.h"
#include "actions/services/set_start_type.h"
#include "actions/services/start_service.h"
#include "engine/accessories.h"
#include "engine/guest_proxy_agent.h"
#include "engine/install_plan.h"
#include "engine/inventory.h"
#include "engine/last_look.h"
#include "engine/payload_plan.h"
#include "engine/predecessor.h"
#include "engine/service_plan.h"
#include "engine/version_to_be.h"
#include "errors/failure.h"
#include "json/json.h"

namespace engine {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::ServiceState;
using machine::StartType;

// The packages' check makes sure that their drivers and eBPFSvc have the payload's version. An
// image of none that can be read is not theirs.
bool other_version(const Inventory& inventory, const std::string& path,
                   const std::string& settled_version) {
  return std::any_of(
      inventory.components.begin(), inventory.components.end(), [&](const FoundComponent& found) {
        return found.file_there && machine::equal_paths(found.file, path) &&
               (!found.version || package::to_text(*found.version) != settled_version);
      });
}

// Owned files that are not as we left them. A file of the same size under another id is hashed: a
// copy of the same bytes will do. An image of another version is found also where it was written
// over ours in place, with the same id and size.
std::vector<std::string> damaged_files(machine::Machine& machine, const Known& known,
                                       const Inventory& inventory) {
  std::vector<std::string> damaged;
  for (const journal::Owned& owned : known.owned) {
    if (owned.kind != "file") continue;
    const auto info = machine.files().stat(owned.name);
    const bool there =
        info && info->kind == machine::FileKind::kFile &&
        static_cast<std::int64_t>(info->size) == owned.size &&
        (info->id == owned.file_id || machine.files().sha256(owned.name) == owned.sha256);
    if (!there || other_version(inventory, owned.name, known.settled_version))
      damaged.push_back(owned.name);
  }
  return damaged;
}

std::vector<package::PayloadFile> restorable(const std::vector<std::string>& damaged,
                                             const Known& known, const OwnPackage& own,
                                             const package::CheckedPackage& checked) {
  std::vector<package::PayloadFile> files;
  for (const std::string& path : damaged) {
    const auto file = std::find_if(
        checked.manifest.files.begin(), checked.manifest.files.end(), [&](const auto& f) {
          return machine::equal_paths(target_of(f, known.install_folder), path);
        });
    if (file == checked.manifest.files.end()) {
      throw Failure(ExitCode::kCopyFile, path,
                    "restore " + path + ": the package " + own.version + " does not have it");
    }
    files.push_back(*file);
  }
  return files;
}

// Registrations of the settled version that are gone or point elsewhere.
bool registrations_differ(const Inventory& inventory, const Known& known) {
  return std::any_of(
      inventory.components.begin(), inventory.components.end(), [&](const FoundComponent& found) {
        const std::string image = machine::join(known.install_folder, found.component->file);
        return known.owns_service(found.component->service) &&
               (!found.config || !machine::equal_paths(found.image, image) ||
                found.config->type != found.component->type);
      });
}

// What the settled version's own package restored.
struct Repair {
  std::optional<package::CheckedPackage> checked;  // nullopt: nothing is to be repaired
  std::vector<package::PayloadFile> files;
};

Repair plan_repair(Plan& plan, machine::Machine& machine, const Known& known, const OwnPackage& own,
                   const Inventory& inventory, bool& restart_due) {
  const std::vector<std::string> damaged = damaged_files(machine, known, inventory);
  const bool wrong = registrations_differ(inventory, known);
  if (damaged.empty() && !wrong) return {};
  const std::string object = damaged.empty() ? describe(inventory) : damaged.front();
  if (newer_in_place(inventory, known.settled_version)) {
    // The last look would say the same, behind the repair.
    throw Failure(last_look_row(Occasion::kEnable, Finding::kNewer).code, inventory.install_folder,
                  "restore eBPF " + known.settled_version +
                      " over the newer version that somebody " + "put in its place (" +
                      describe(inventory) + ")")
        .advise("Deploy the extension in that version, or take the newer version away.");
  }
  if (own.version != known.settled_version) {
    throw Failure(ExitCode::kCopyFile, object,
                  "restore " + object + ": it belongs to eBPF " + known.settled_version +
                      ", this package is " + (own.version.empty() ? "unreadable" : own.version))
        .advise("Run enable of the handler of " + known.settled_version +
                ", or deploy the extension again.");
  }
  Repair repair{own.check(), {}};
  const package::CheckedPackage& checked = *repair.checked;
  repair.files = restorable(damaged, known, own, checked);
  const auto& files = repair.files;
  restart_due = restart_due || replaces_running(inventory, machine, files);
  plan_staging(plan, machine, checked, files, known.install_folder);
  plan_placing(plan, files, known.install_folder);
  plan_registrations(plan, known, checked.manifest, inventory, known.install_folder);
  plan.settlement = [manifest = checked.manifest, hash = checked.identity,
                     known](machine::Machine& at) {
    Settlement settlement =
        installed_settlement(at, manifest, hash, "", known.install_folder, false);
    std::erase_if(settlement.put_meta,
                  [](const auto& entry) { return entry.first == meta::kSettledHandler; });
    return settlement;
  };
  return repair;
}

// Once everything runs: nothing is due any more, no disable is in force. `still_taken`:
// dependencies of GuestProxyAgent that wait for their service to come back.
void settle_enabled(Settlement& settlement, const std::vector<std::string>& still_taken) {
  std::erase_if(settlement.put_meta,
                [](const auto& entry) { return entry.first == meta::kRestartDue; });
  settlement.forget_meta.emplace_back(meta::kRestartDue);
  settlement.forget_meta.emplace_back(meta::kDisabled);
  if (still_taken.empty()) {
    settlement.forget_meta.emplace_back(meta::kDependencies);
  } else {
    settlement.put_meta.emplace_back(meta::kDependencies, nlohmann::json(still_taken).dump());
  }
}

// GuestProxyAgent's registration gets back the dependencies that uninstall took out, as far as the
// services are there: depending on one that is not, it would never start. Returns the others.
std::vector<std::string> plan_dependencies(Plan& plan, machine::Machine& machine,
                                           const Known& known) {
  const auto config = machine.services().config(kGuestProxyAgent);
  if (known.dependencies_taken.empty() || !config) return known.dependencies_taken;
  std::vector<std::string> still_taken;
  std::vector<std::string> wanted = config->depends_on;
  for (const std::string& name : known.dependencies_taken) {
    const bool there = machine.services().config(name) || plan.has("register-service", name);
    if (!there) still_taken.push_back(name);
    if (there && !contains_service(wanted, name)) wanted.push_back(name);
  }
  if (wanted != config->depends_on)
    plan.step<actions::SetDependencies>(std::string(kGuestProxyAgent), wanted);
  return still_taken;
}

// A component to be run, as the repair leaves it: one that it stops counts as stopped, one that it
// registers as having the start type of a new registration.
struct Runnable {
  const FoundComponent* found = nullptr;
  bool running = false;
  StartType start = StartType::kDemand;
};

// Whose manager has not seen yet that the process has ended does not run.
bool runs(machine::Machine& machine, const FoundComponent& found) {
  return found.status && found.status->state == ServiceState::kRunning &&
         !actions::has_died(machine, *found.status);
}

std::vector<Runnable> runnables(machine::Machine& machine, const Inventory& inventory,
                                const Known& known, const Plan& plan, const VersionToBe& to_be) {
  std::vector<Runnable> list;
  for (const FoundComponent& found : inventory.components) {
    const std::string service(found.component->service);
    if (!to_be.has(service)) continue;
    if (!found.config && !plan.has("register-service", service)) continue;  // nothing to start
    Runnable runnable;
    runnable.found = &found;
    runnable.start = new_start_type(known);
    runnable.running = runs(machine, found) && !plan.has("stop-service", service);
    if (found.config) runnable.start = found.config->start;
    if (plan.has("set-start-type", service)) runnable.start = StartType::kDisabled;
    list.push_back(runnable);
  }
  return list;
}

// What stops before the repair, and what starts after it.
struct Restart {
  Plan stops;
  Plan starts;
};

Restart plan_restart(machine::Machine& machine, const Known& known, const Inventory& inventory,
                     const Plan& repair, bool restart_due, bool in_update) {
  Restart restart;
  const std::vector<Runnable> list =
      runnables(machine, inventory, known, repair, *repair.version_to_be);
  const bool some_stopped =
      std::any_of(list.begin(), list.end(), [](const Runnable& r) { return !r.running; });

  std::vector<std::string> clients;
  if (some_stopped || restart_due) clients = active_clients(machine);
  std::vector<std::string> to_start = clients_to_start(known, clients);
  std::erase_if(clients,
                [&](const std::string& client) { return repair.has("stop-service", client); });
  std::erase_if(to_start, [&](const std::string& name) {
    const auto status = machine.services().status(name);
    const bool runs_on = status && status->state == ServiceState::kRunning;
    return runs_on && !contains_service(clients, name) && !repair.has("stop-service", name);
  });

  if (restart_due && !repair.stops_anything()) {
    plan_stops(restart.stops, machine, inventory, clients);
  } else {
    plan_client_stops(restart.stops, machine, clients);
  }
  // What an update stopped, its undo starts.
  const auto role = [&](std::string_view service) {
    const bool stopped = repair.has("stop-service", service) ||
                         restart.stops.has("stop-service", service) ||
                         (in_update && known.stopped_by_us(service));
    return stopped ? actions::StartService::Role::kRestart : actions::StartService::Role::kStart;
  };
  for (const Runnable& r : list) {
    const std::string service(r.found->component->service);
    if (!r.running && r.start == StartType::kDisabled)
      restart.starts.step<actions::SetStartType>(service, StartType::kDemand);
    if (!r.running || restart_due) {
      restart.starts.step<actions::StartService>(service, errors::ExitCode::kStartDriver,
                                                 role(service));
    }
  }
  // Only what has started gets the start type that it had before the update, or is made automatic:
  // no boot begins with a pair that was never tried.
  for (const Runnable& r : list) {
    const std::string service(r.found->component->service);
    const auto found = known.found_start_types.find(machine::fold_case(service));
    StartType wanted = StartType::kAutomatic;
    if (repair.has("set-start-type", service)) wanted = r.found->config->start;
    if (found != known.found_start_types.end()) wanted = found->second;
    const bool starts_by_itself = r.start == StartType::kAutomatic || r.start == StartType::kBoot ||
                                  r.start == StartType::kSystem;
    if (r.start != wanted && !starts_by_itself)
      restart.starts.step<actions::SetStartType>(service, wanted);
  }
  plan_client_starts(restart.starts, machine, known, to_start, false, role);
  return restart;
}

// Copying comes first, while everything still runs; files and registrations change only once their
// users have stopped; what is best effort comes last, so that it takes no time from what is vital.
// Undone newest first, nothing starts on what is about to be taken away again.
void assemble(Plan& plan, Restart restart) {
  std::vector<PlannedStep> repair = std::move(plan.steps);
  const auto change = std::stable_partition(
      repair.begin(), repair.end(),
      [](const PlannedStep& step) { return step.action->kind() == "stage-files"; });
  const auto accessories = std::stable_partition(
      change, repair.end(), [](const PlannedStep& step) { return step.vital; });
  plan.steps.clear();
  const auto append = [&plan](auto first, auto last) {
    std::move(first, last, std::back_inserter(plan.steps));
  };
  append(repair.begin(), change);
  append(restart.stops.steps.begin(), restart.stops.steps.end());
  append(change, accessories);
  append(restart.starts.steps.begin(), restart.starts.steps.end());
  append(accessories, repair.end());
  plan.notes.insert(plan.notes.end(), restart.stops.notes.begin(), restart.stops.notes.end());
}

// What an undone update gave back may be nothing of ours: then all that is registered is meant.
VersionToBe given_back(const Known& known, const Inventory& inventory) {
  VersionToBe to_be = version_to_be(known);
  if (!known.owned.empty()) return to_be;
  for (const FoundComponent& found : inventory.components) {
    if (found.config) to_be.services.emplace_back(found.component->service);
  }
  return to_be;
}

}  // namespace

Plan plan_enable(machine::Machine& machine, const Known& known, const OwnPackage& own,
                 const EnableOptions& options) {
  Plan plan;
  bool restart_due = known.restart_due;
  const bool installs = options.to_own_version || known.settled_version.empty();
  const Inventory inventory = look(machine, known.install_folder);
  if (installs) {
    const package::CheckedPackage checked = own.check();
    plan = plan_install(machine, known, checked, options.install);
    plan.version_to_be = version_to_be(checked.manifest, inventory.install_folder);
    restart_due = plan.restart_due;
  }
  plan.from_version = known.settled_version;
  plan.work_folder = options.install.work_folder;
  Repair repair;
  if (!installs) {
    plan.to_version = known.settled_version;
    plan.version_to_be = version_to_be(known);
    repair = plan_repair(plan, machine, known, own, inventory, restart_due);
  }
  if (std::none_of(plan.steps.begin(), plan.steps.end(),
                   [](const PlannedStep& step) { return step.vital; }))
    plan.work_folder.clear();
  if (!installs) {
    const std::size_t vital = plan.steps.size();
    plan_missing_accessories(plan, machine, known,
                             {repair.checked ? &*repair.checked : nullptr, repair.files});
    if (plan.settlement || plan.steps.size() > vital)
      settle_accessories(plan, machine, known, accessories_of(known), known.settled_version);
  }
  const std::vector<std::string> still_taken = plan_dependencies(plan, machine, known);
  assemble(plan,
           plan_restart(machine, known, inventory, plan, restart_due, options.to_own_version));
  plan_upgrading_end(plan, machine);
  plan.settle_also([still_taken](machine::Machine&, Settlement& settlement) {
    settle_enabled(settlement, still_taken);
  });
  if (plan.has("start-service", kGuestProxyAgent)) {
    plan.verdict = [before = agent_before(machine, known)](
                       machine::Machine& at, actions::Deadline deadline, std::int64_t started_ms) {
      return judge_agent(at, before, deadline, started_ms);
    };
  }
  return plan;
}

Plan plan_starts(machine::Machine& machine, const Known& known) {
  Plan plan;
  plan.from_version = known.settled_version;
  plan.to_version = known.settled_version;
  const Inventory inventory = look(machine, known.install_folder);
  plan.version_to_be = given_back(known, inventory);
  plan.occasion = Occasion::kRepeatedAttempt;
  for (const Runnable& r : runnables(machine, inventory, known, plan, *plan.version_to_be)) {
    if (!r.running && r.found->config)
      plan.step<actions::StartService>(std::string(r.found->component->service));
  }
  std::vector<std::string> clients;
  for (const Stopped& stopped : known.disabled) {
    const auto status = machine.services().status(stopped.name);
    if (component_of_service(stopped.name) == nullptr && status &&
        status->state != ServiceState::kRunning)
      clients.push_back(stopped.name);
  }
  plan_client_starts(plan, machine, known, clients, false);
  return plan;
}

}  // namespace engine
