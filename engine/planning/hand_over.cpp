#include "engine/planning/hand_over.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "actions/machine/files.h"
#include "actions/machine/host_files.h"
#include "actions/machine/paths.h"
#include "actions/services/start_service.h"
#include "engine/planning/enable.h"
#include "engine/planning/files.h"
#include "engine/planning/inherited_steps.h"
#include "engine/planning/preservation.h"
#include "engine/planning/services.h"
#include "engine/product/components.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/product/installation_change.h"
#include "engine/product/inventory.h"
#include "engine/product/meta.h"
#include "engine/product/version_to_be.h"
#include "engine/transaction/phase.h"
#include "errors/failure.h"
#include "package/foreign_package.h"

namespace engine::planning {
namespace {

using errors::ExitCode;
using errors::Failure;
using transaction::Phase;
using transaction::Plan;

bool is_driver(const product::FoundComponent& found) {
  return found.component->type == machine::ServiceType::kKernelDriver;
}

// Returns the version of a complete installation on the machine that is the handler's; nullopt if
// there is none.
std::optional<package::Version> found_in_place(machine::Machine& machine,
                                               const product::Inventory& inventory,
                                               const package::HandlerVersion& handler) {
  const auto version = product::version_in_place(inventory);
  const bool is_it = version && package::is_payload_of(*version, handler) &&
                     product::is_complete(machine, inventory);
  return is_it ? version : std::nullopt;
}

// The steps that put the other handler's payload in place.
Plan plan_payload(machine::Machine& machine, const product::InstallationState& installation,
                  const Incoming& incoming, const InstallOptions& options) {
  const auto handler = package::parse_handler_version(incoming.handler);
  try {
    Plan plan =
        plan_install(machine, installation,
                     package::foreign_package(machine.host(), incoming.folder, *handler), options);
    plan.change = unsettled(plan.restart_due);
    return plan;
  } catch (const Failure& failure) {
    if (failure.code() != ExitCode::kPackageDamaged) throw;
    const product::Inventory inventory = product::detect(machine, installation.install_folder);
    const auto version = found_in_place(machine, inventory, *handler);
    if (!version) {
      throw Failure(failure)
          .add_context("while handing eBPF over to handler " + incoming.handler)
          .advise(
              "That handler may not install eBPF itself. To go back to it, deploy it again with a "
              "complete package, or uninstall the extension first.");
    }
    check_policy(machine);
    check_not_marked(inventory, false);
    Plan plan;
    plan.from_version = installation.settled_version;
    plan.to_version = package::to_text(*version);
    plan.notes.push_back("Its package has no payload (" + failure.message() +
                         "), and needs none: " + product::describe(inventory) + " is there.");
    return plan;
  }
}

// What is there, as the version to be: the drivers, and eBPFSvc where a file or a registration of
// that version is.
product::VersionToBe handed_over(const product::Inventory& inventory, const std::string& version) {
  product::VersionToBe to_be;
  to_be.version = version;
  to_be.install_folder = inventory.install_folder;
  for (const product::FoundComponent& found : inventory.components) {
    const bool is_there =
        found.config || (found.version && package::to_text(*found.version) == version);
    if (!is_driver(found) && !is_there) continue;
    to_be.services.emplace_back(found.component->service);
    to_be.files.push_back(found.file);
  }
  to_be.files.push_back(machine::join(inventory.install_folder, product::kApiLibrary));
  return to_be;
}

void forget_all(Plan& plan, const product::InstallationState& installation) {
  plan.change = product::removal_change(installation.dependencies_taken);
  const auto forget = [&plan](bool is_there, const char* key) {
    if (is_there) plan.change->forget_meta.emplace_back(key);
  };
  forget(!installation.not_started.empty(), product::meta::kNotStarted);
  forget(!installation.proxy_stopped_in.empty(), product::meta::kProxyStopped);
  forget(installation.upgrading_seen, product::meta::kUpgradingSeen);
  forget(!installation.brought_by_setup.empty(), product::meta::kBroughtBySetup);
}

}  // namespace

Plan plan_hand_over(machine::Machine& machine, const product::InstallationState& installation,
                    const Incoming& incoming, InstallOptions options,
                    std::unique_ptr<actions::Action> arming) {
  options.downgrade = true;
  Plan plan = plan_payload(machine, installation, incoming, options);
  plan.notes.insert(plan.notes.begin(), "A hand-over: handler " + incoming.handler +
                                            " is another program, and may not be asked to install. "
                                            "Its eBPF is put in place for it.");
  Plan inherited = plan_inherited_stops(machine, installation);
  for (transaction::PlannedStep& step : inherited.steps)
    plan.inherit(std::move(step.action), std::move(step.inherited));
  plan_settled_kept(plan, machine, installation);
  if (arming) plan.add(Phase::kArm, std::move(arming));
  return plan;
}

CommandPlan plan_handed_over(machine::Machine& machine,
                             const product::InstallationState& installation,
                             const std::string& version) {
  check_boot_mode(machine);
  CommandPlan made;
  Plan& plan = made.plan;
  plan.from_version = installation.settled_version;
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  made.expects.version_to_be = handed_over(inventory, version);
  plan_restart(made, machine, installation, inventory, installation.restart_due, true);
  plan_upgrading_end(plan, machine, installation);
  forget_all(plan, installation);
  if (plan.has<actions::services::StartService>(product::kGuestProxyAgent))
    made.expects.proxy = product::proxy_before(machine, installation);
  plan.notes.push_back("Handed over: eBPF " + version +
                       " is the other handler's from now on; what was recorded as ours is "
                       "forgotten, and stays where it is.");
  return made;
}

Plan plan_given_up(machine::Machine& machine, const product::InstallationState& installation) {
  Plan plan;
  plan.is_removal = true;  // nothing of it needs room on the disk
  plan.from_version = installation.settled_version;
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  plan.notes.push_back("An update of the PowerShell handler has taken eBPF over (" +
                       product::describe(inventory) +
                       "): it stays, and what was recorded as ours is forgotten.");
  for (const product::FoundComponent& found : inventory.components)
    plan_start_again(plan, installation, found);
  std::vector<std::string> clients = clients_to_start(installation, {});
  std::erase_if(clients, [&](const std::string& client) {
    return active(machine.services().status(client));
  });
  plan_client_starts(plan, machine, installation, clients, {.role = {}, .proxy_is_vital = false});
  forget_all(plan, installation);
  plan.change->starts = starts_tried(installation);
  return plan;
}

}  // namespace engine::planning
