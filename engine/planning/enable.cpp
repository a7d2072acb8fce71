#include "engine/planning/enable.h"

#include <algorithm>

#include "actions/machine/paths.h"
#include "actions/services/register_service.h"
#include "actions/services/service_control.h"
#include "actions/services/set_dependencies.h"
#include "actions/services/set_start_type.h"
#include "actions/services/start_service.h"
#include "engine/planning/extras.h"
#include "engine/planning/files.h"
#include "engine/planning/install.h"
#include "engine/planning/origins.h"
#include "engine/planning/preservation.h"
#include "engine/planning/repair.h"
#include "engine/planning/services.h"
#include "engine/product/components.h"
#include "engine/product/extras.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/product/installation_change.h"
#include "engine/product/inventory.h"
#include "engine/product/last_look.h"
#include "engine/product/meta.h"
#include "engine/product/origin.h"
#include "engine/product/treatment.h"
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

// A neighbour whose start is given up is tried again by the next enable. GuestProxyAgent is looked
// at by each of them.
void record_tried_neighbours(Plan& plan, const product::InstallationState& installation) {
  const std::vector<std::string> neighbours = started_neighbours(plan);
  product::StartsTried tried = starts_tried(installation);
  std::erase_if(tried.services, [&](const product::Stopped& service) {
    return !contains_service(neighbours, service.name);
  });
  for (const std::string& name : neighbours) {
    const bool known = std::ranges::any_of(tried.services, [&](const product::Stopped& service) {
      return machine::equal_names(service.name, name);
    });
    if (!known) tried.services.push_back({name, nullptr});  // stopped by a step of this plan
  }
  if (!tried.services.empty()) {
    plan.to_change().starts = std::move(tried);
  } else if (!installation.not_started.empty()) {
    plan.to_change().forget_meta.emplace_back(product::meta::kNotStarted);
  }
}

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

// Whether that handler is the settled version's; one that cannot be read may be.
bool is_handler_of(const std::string& handler_version, const std::string& payload_version) {
  const auto handler = package::parse_handler_version(handler_version);
  const auto payload = package::parse_version(payload_version);
  return !handler || !payload || package::is_payload_of(*payload, *handler);
}

// An enable of a handler whose version is not there never says success, unless `setup` brought the
// newer one: the VM Agent's goal is an eBPF that runs, and nobody undid anything.
void refuse_older(CommandPlan& made, const product::InstallationState& installation,
                  const std::string& own_version) {
  const std::string& settled_version = installation.settled_version;
  const auto settled = package::parse_version(settled_version);
  const auto own = package::parse_version(own_version);
  if (!settled || !own || !(*own < *settled)) return;
  if (installation.brought_by_setup == settled_version) {
    made.expects.newer_left = "eBPF " + settled_version +
                              ", which `setup` brought, is newer than this package's " +
                              own_version + ": it is left";
    made.plan.notes.push_back(made.expects.newer_left + ".");
    return;
  }
  throw Failure(
      ExitCode::kDowngradeRefused, "eBPF " + own_version,
      "enable eBPF " + own_version + ": eBPF " + settled_version + " is installed, and is newer")
      .advise("Deploy the extension's version " + settled_version +
              " or later; to go back, deploy the older version as an update of the newer one.");
}

// A newer and complete eBPF of somebody else: what is stopped of it is started, and nothing of it
// is replaced.
void plan_left(CommandPlan& made, const product::Inventory& inventory, const std::string& wanted,
               const product::OriginFacts& facts) {
  product::VersionToBe& to_be = made.expects.version_to_be.emplace();
  to_be.version = wanted;
  to_be.install_folder = inventory.install_folder;
  to_be.replaced_by = facts.product ? product::describe(*facts.product) : "another installer";
  for (const product::FoundComponent& found : inventory.components) {
    if (found.config) to_be.services.emplace_back(found.component->service);
  }
  if (const auto found = product::version_in_place(inventory))
    made.plan.to_version = package::to_text(*found);
  made.plan.notes.push_back("Left: " + to_be.replaced_by + " has put a newer version than " +
                            wanted + " there (" + product::describe(inventory) +
                            "). Updates go on with a version that is newer than that.");
}

// To what the settled version is to be, from its own package.
void plan_settled(CommandPlan& made, machine::Machine& machine,
                  const product::InstallationState& installation, const OwnPackage& own,
                  const product::Inventory& inventory, const Replaced& found, bool& restart_due) {
  Plan& plan = made.plan;
  made.expects.version_to_be = product::version_to_be(installation);
  const Repair repair = plan_repair(plan, machine, installation, own, inventory, restart_due);
  if (!plan.has_vital()) plan.work_folder.clear();
  plan_queue_cleared(plan, machine, *made.expects.version_to_be);
  const std::size_t vital = plan.steps.size();
  plan_missing_extras(plan, machine, installation,
                      {repair.checked ? &*repair.checked : nullptr, repair.files});
  if (plan.change || plan.steps.size() > vital)
    change_extras(plan, machine, installation, product::extras_of(installation),
                  installation.settled_version);
  mark_origins(plan, machine, installation, inventory, found.facts, found.treatment);
}

}  // namespace

CommandPlan plan_enable(machine::Machine& machine, const product::InstallationState& installation,
                        const OwnPackage& own, const EnableOptions& options) {
  CommandPlan made;
  Plan& plan = made.plan;
  bool restart_due = installation.restart_due;
  const bool is_settled = !installation.settled_version.empty();
  const std::string& wanted = is_settled ? installation.settled_version : own.version;
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  Replaced found;
  if (!options.to_own_version) {
    // A handler whose package cannot be read never says success for another version than its own.
    if (is_settled && own.version.empty() &&
        !is_handler_of(options.install.handler_version, installation.settled_version))
      own.check();
    refuse_older(made, installation, own.version);
    found.facts = product::origin_facts(machine, installation, inventory,
                                        package::parse_version(wanted), product::Intent::kRun);
    found.treatment = product::treatment_of(found.facts.found, product::Intent::kRun);
    check_treatment(found.facts, found.treatment, "enable eBPF " + wanted, inventory, installation);
  }
  const bool leaves = found.treatment == product::Treatment::kLeave;
  const bool installs = !leaves && (options.to_own_version || !is_settled);
  if (installs) {
    const package::CheckedPackage checked = own.check();
    plan = plan_install(machine, installation, checked, options.install);
    made.expects.version_to_be = product::version_to_be(checked.manifest, inventory.install_folder);
    restart_due = plan.restart_due;
  }
  plan.from_version = installation.settled_version;
  if (!installs) plan.to_version = installation.settled_version;
  plan.work_folder = options.install.work_folder;
  if (leaves) plan_left(made, inventory, wanted, found.facts);
  if (!installs && !leaves)
    plan_settled(made, machine, installation, own, inventory, found, restart_due);
  if (!plan.has_vital()) plan.work_folder.clear();
  const std::vector<std::string> still_taken = plan_dependencies(plan, machine, installation);
  plan_restart(made, machine, installation, inventory, restart_due && !leaves,
               options.to_own_version);
  plan_upgrading_end(plan, machine, installation);
  settle_enabled(plan.to_change(), still_taken);
  record_tried_neighbours(plan, installation);
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
