#include "engine/planning/setup.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "actions/machine/paths.h"
#include "actions/services/register_service.h"
#include "actions/services/set_dependencies.h"
#include "engine/planning/install.h"
#include "engine/planning/origins.h"
#include "engine/planning/services.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/product/inventory.h"
#include "engine/product/last_look.h"
#include "engine/product/meta.h"
#include "engine/product/origin.h"
#include "engine/product/treatment.h"
#include "engine/product/version_to_be.h"
#include "engine/transaction/phase.h"
#include "package/version.h"

namespace engine::planning {
namespace {

using actions::services::SetDependencies;
using commands::Command;
using transaction::Plan;

// Whether nothing of the settled version is missing; it need not run.
bool is_complete(const product::LastLook& seen) {
  const auto is_there = [](const product::LastLook::Component& component) {
    if (!component.sight) return true;
    const product::Finding finding = component.sight->finding;
    return finding == product::Finding::kAsItShouldBe || finding == product::Finding::kNotRunning ||
           finding == product::Finding::kNotAutomatic;
  };
  return seen.missing.empty() && std::ranges::all_of(seen.components, is_there);
}

// Whether a version newer than `version` is settled, or lies over what is settled.
bool is_newer_there(const product::InstallationState& installation,
                    const product::Inventory& inventory, const package::Version& version) {
  const auto settled = package::parse_version(installation.settled_version);
  return (settled && version < *settled) ||
         product::found_version(inventory, version) == product::FoundVersion::kNewer;
}

bool is_complete(machine::Machine& machine, const product::InstallationState& installation,
                 const product::Inventory& inventory) {
  const bool is_ours = !installation.settled_version.empty() &&
                       !product::newer_in_place(inventory, installation.settled_version);
  return is_ours ? is_complete(product::look_at(machine, product::version_to_be(installation)))
                 : product::is_complete(machine, inventory);
}

// The plan of a command that leaves the settled version.
Plan unchanged(const product::InstallationState& installation) {
  Plan plan;
  plan.from_version = installation.settled_version;
  plan.to_version = installation.settled_version;
  return plan;
}

std::string installed(const product::InstallationState& installation) {
  return "eBPF" + (installation.settled_version.empty() ? "" : " " + installation.settled_version);
}

// GuestProxyAgent may run while a service on which it depends is yet to be registered. Stopped, it
// would not start again in an undo, which takes the new registration away (1075): that dependency
// goes before the stop, and comes back behind the starts.
void keep_proxy_startable(Plan& plan, machine::Machine& machine) {
  const std::string name(product::kGuestProxyAgent);
  const auto config = machine.services().config(name);
  if (!config || !plan.has(transaction::Phase::kStop, name) || plan.has<SetDependencies>(name))
    return;
  std::vector<std::string> there = config->depends_on;
  std::erase_if(there, [&](const std::string& on) {
    return !machine.services().config(on) && plan.has<actions::services::RegisterService>(on);
  });
  if (there.size() == config->depends_on.size()) return;
  plan.add<SetDependencies>(transaction::Phase::kStage, name, there);
  plan.add<SetDependencies>(transaction::Phase::kEnableAtBoot, name, config->depends_on);
}

void keep_proxy_record(product::InstallationChange& change, const char* key,
                       const std::vector<product::Stopped>& recorded) {
  std::vector<product::Stopped> kept;
  std::ranges::copy_if(recorded, std::back_inserter(kept), [](const product::Stopped& stopped) {
    return machine::equal_names(stopped.name, product::kGuestProxyAgent);
  });
  if (kept.empty() || std::erase(change.forget_meta, key) == 0) return;
  change.put_meta.emplace_back(key, product::to_text(kept));
}

}  // namespace

CommandPlan plan_setup(machine::Machine& machine, const product::InstallationState& installation,
                       const OwnPackage& own, const EnableOptions& options) {
  const package::Version version = package::parse_version(own.version).value_or(package::Version());
  if (own.version.empty()) own.check();  // says what is wrong with it
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  CommandPlan made;
  if (is_newer_there(installation, inventory, version)) {
    if (installation.removal_waits || !is_complete(machine, installation, inventory)) {
      check_treatment(
          product::origin_facts(machine, installation, inventory, version, product::Intent::kBring),
          product::Treatment::kRefuse, "install eBPF " + own.version, inventory, installation);
    }
    made = plan_starts(machine, installation);
    made.plan.notes.push_back("A newer eBPF is in place and complete (" +
                              product::describe(inventory) + "): it is left, and " + own.version +
                              " is not installed.");
  } else {
    made = plan_enable(machine, installation, own, options);
    keep_proxy_startable(made.plan, machine);
    if (made.plan.to_version != installation.settled_version) {
      std::erase(made.plan.to_change().forget_meta, product::meta::kBroughtBySetup);
      made.plan.change->put_meta.emplace_back(product::meta::kBroughtBySetup, made.plan.to_version);
    }
  }
  made.plan.to_change().put_meta.emplace_back(product::meta::kWantedBySetup, "1");
  leave_stopped_proxy(made, machine, installation);
  return made;
}

Plan plan_beside(const product::InstallationState& installation, Command command,
                 const std::string& update) {
  Plan plan = unchanged(installation);
  const bool wants = !commands::is_removal(command);
  plan.notes.push_back("The VM Agent's update to " + update +
                       " is open: the machine is left to it, and nothing was touched. Recorded: " +
                       "`setup` wants eBPF" + (wants ? "." : " no longer."));
  if (wants) {
    plan.to_change().put_meta.emplace_back(product::meta::kWantedBySetup, "1");
  } else {
    plan.to_change().forget_meta.emplace_back(product::meta::kWantedBySetup);
  }
  return plan;
}

bool is_left_to_other(const product::InstallationState& installation, Command command) {
  if (command == Command::kUninstall) return installation.wanted_by_setup;
  return command == Command::kSetupUninstall && installation.wanted_by_vm_agent &&
         (!installation.settled_version.empty() || installation.take_over ||
          !installation.preserved.empty());
}

Plan plan_want_given_up(const product::InstallationState& installation, Command command) {
  Plan plan = unchanged(installation);
  const bool by_setup = commands::is_setup(command);
  plan.notes.push_back(installed(installation) + " is left: " +
                       (by_setup ? "the VM Agent wants it too, and its uninstall removes it."
                                 : "`setup` wants it too, and `setup uninstall` removes it."));
  auto& forget = plan.to_change().forget_meta;
  if (by_setup) {
    forget.emplace_back(product::meta::kWantedBySetup);
    return plan;
  }
  forget.emplace_back(product::meta::kPackageFolders);
  if (installation.removal_waits) forget.emplace_back(product::meta::kUninstallDue);
  return plan;
}

CommandPlan plan_left_to_other(machine::Machine& machine,
                               const product::InstallationState& installation, Command command) {
  Plan plan = plan_want_given_up(installation, command);
  if (commands::is_setup(command) || installation.disabled.empty() || in_safe_mode(machine))
    return {std::move(plan), {}};
  Plan starts = plan_starts(machine, installation).plan;
  for (transaction::PlannedStep& step : starts.steps) {
    step.vital = false;
    plan.steps.push_back(std::move(step));
  }
  plan.change->forget_meta.emplace_back(product::meta::kDisabled);
  plan.change->starts = starts_tried(installation);
  return {std::move(plan), {}};
}

void leave_stopped_proxy(CommandPlan& made, machine::Machine& machine,
                         const product::InstallationState& installation) {
  if (active(machine.services().status(product::kGuestProxyAgent))) return;
  const auto starts_it = [](const transaction::PlannedStep& step) {
    return step.phase == transaction::Phase::kResume &&
           machine::equal_names(step.action->target(), product::kGuestProxyAgent);
  };
  if (std::erase_if(made.plan.steps, starts_it) != 0)
    made.plan.notes.emplace_back(
        "GuestProxyAgent does not run, and is left: its own set-up starts it.");
  made.expects.proxy.reset();
  if (!made.plan.change) return;
  keep_proxy_record(*made.plan.change, product::meta::kDisabled, installation.disabled);
  keep_proxy_record(*made.plan.change, product::meta::kNotStarted, installation.not_started);
}

}  // namespace engine::planning
