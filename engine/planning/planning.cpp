#include "engine/planning/planning.h"

#include <utility>

#include "engine/commands/commands.h"
#include "engine/planning/disable.h"
#include "engine/planning/enable.h"
#include "engine/planning/files.h"
#include "engine/planning/hand_over.h"
#include "engine/planning/inherited_steps.h"
#include "engine/planning/install.h"
#include "engine/planning/preservation.h"
#include "engine/planning/recovery_copy.h"
#include "engine/planning/services.h"
#include "engine/planning/setup.h"
#include "engine/planning/tracing_tasks.h"
#include "engine/planning/uninstall.h"
#include "engine/planning/update.h"
#include "engine/product/meta.h"
#include "engine/transaction/phase.h"
#include "engine/transaction/plan.h"
#include "errors/failure.h"

namespace engine::planning {
namespace {

// A removal arms the recovery where there is room for the copy.
CommandPlan plan_removal(machine::Machine& machine, const product::InstallationState& installation,
                         const OwnPackage& own, const Planning& planning) {
  if (is_left_to_other(installation, planning.command))
    return plan_left_to_other(machine, installation, planning.command);
  transaction::Plan plan = plan_uninstall(machine, installation, own, planning.work_folder);
  if (!plan.work_folder.empty()) {
    if (has_room_for_copy(machine, planning.program)) {
      plan.add(transaction::Phase::kArm, arm_recovery(machine, planning.program));
    } else {
      plan.notes.emplace_back(
          "The disk has no room for a copy that would recover this removal: only the VM Agent's "
          "next command would.");
    }
  }
  CommandPlan made{std::move(plan), {}};
  if (commands::is_setup(planning.command)) {
    made.plan.to_change().forget_meta.emplace_back(product::meta::kWantedBySetup);
    leave_stopped_proxy(made, machine, installation);
  }
  return made;
}

CommandPlan plan_of(machine::Machine& machine, const product::InstallationState& installation,
                    const OwnPackage& own, const Incoming& incoming, const Planning& planning) {
  InstallOptions install;
  install.handler_version = planning.handler_version;
  install.work_folder = planning.work_folder;
  install.downgrade = planning.downgrade;
  install.adopts = planning.decision == commands::Decision::kAlone;
  if (planning.decision == commands::Decision::kRetire) return {plan_retirement(installation), {}};
  switch (planning.command) {
    case commands::Command::kInstall: {
      transaction::Plan plan = plan_install(machine, installation, own.check(), install);
      if (planning.decision == commands::Decision::kOpen)
        plan.add(transaction::Phase::kArm, arm_recovery(machine, planning.program));
      // Nothing is ours before the update settles; only a due restart is recorded.
      if (planning.decision != commands::Decision::kAlone)
        plan.change = unsettled(plan.restart_due);
      return {std::move(plan), {}};
    }
    case commands::Command::kEnable:
    case commands::Command::kSetupInstall:
    case commands::Command::kSetupUpdate: {
      EnableOptions options;
      options.install = install;
      options.to_own_version = planning.decision == commands::Decision::kSettle ||
                               planning.decision == commands::Decision::kOpenAndSettle;
      return commands::is_setup(planning.command)
                 ? plan_setup(machine, installation, own, options)
                 : plan_enable(machine, installation, own, options);
    }
    case commands::Command::kUninstall:
    case commands::Command::kSetupUninstall:
      if (planning.decision == commands::Decision::kHandOver)
        return plan_handed_over(machine, installation, planning.handed_over);
      if (planning.decision == commands::Decision::kGiveUp)
        return {plan_given_up(machine, installation), {}};
      return plan_removal(machine, installation, own, planning);
    case commands::Command::kDisable:
      return {plan_disable(machine, installation), {}};
    case commands::Command::kUpdate:
      return {plan_update(machine, installation, own, incoming,
                          {planning.handler_version, planning.work_folder, planning.downgrade},
                          planning.decision == commands::Decision::kOpen
                              ? arm_recovery(machine, planning.program)
                              : nullptr),
              {}};
    case commands::Command::kReset:
    case commands::Command::kRecover:
      break;
  }
  const std::string name(commands::row(planning.command).name);
  throw errors::Failure(errors::ExitCode::kUsage, name, "plan " + name + ": it has no plan");
}

// Whether the drivers run behind the plan, also those that it stops.
bool starts_drivers(const Planning& planning) {
  return planning.command == commands::Command::kEnable ||
         planning.command == commands::Command::kSetupInstall ||
         planning.command == commands::Command::kSetupUpdate ||
         planning.decision == commands::Decision::kHandOver;
}

}  // namespace

CommandPlan make_plan(machine::Machine& machine, const product::InstallationState& installation,
                      const OwnPackage& own, const Incoming& incoming, const Planning& planning) {
  if (planning.decision == commands::Decision::kLeave)
    return {plan_beside(installation, planning.command, planning.open_update), {}};
  if (commands::brings_a_version(planning.command)) check_boot_mode(machine);
  CommandPlan made = plan_of(machine, installation, own, incoming, planning);
  // The command that opens an update arms the recovery in its own plan, or fails.
  const bool goes_on = planning.decision == commands::Decision::kOpenAndSettle ||
                       (commands::joins_update(planning.decision) &&
                        planning.decision != commands::Decision::kRetire);
  const bool changes =
      (planning.command != commands::Command::kUpdate || incoming.is_hand_over()) &&
      planning.decision != commands::Decision::kRetire;
  if (goes_on && !is_recovery_armed(machine)) {
    made.plan.add(transaction::Phase::kArm, arm_recovery(machine, planning.program)).vital = false;
  }
  // A command that is refused does not come here, and changes nothing of what waits.
  if (commands::brings_a_version(planning.command) && installation.removal_waits) {
    made.plan.to_change().forget_meta.emplace_back(product::meta::kUninstallDue);
    made.plan.notes.emplace_back("The uninstall that waited for the boot is not wanted any more.");
  }
  if (changes)
    keep_tasks_off(made.plan, machine, installation, commands::settles(planning.decision));
  if (planning.command == commands::Command::kInstall)
    record_missing_proxy(made.plan, machine, installation);
  if (planning.command == commands::Command::kInstall &&
      planning.decision == commands::Decision::kAlone)
    record_upgrading_key(made.plan, machine, installation);
  if (changes && !starts_drivers(planning)) record_owners_stop(made.plan, machine, installation);
  return made;
}

}  // namespace engine::planning
