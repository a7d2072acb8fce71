#include "engine/handler/plan_command.h"

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/handler/detect.h"
#include "engine/planning/command_plan.h"
#include "engine/planning/incoming.h"
#include "engine/planning/planning.h"
#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "engine/product/origin.h"
#include "engine/product/places.h"
#include "engine/product/treatment.h"
#include "journal/reader.h"
#include "package/version.h"

namespace engine::handler {
namespace {

using commands::Decision;

Detected detect_for(machine::Machine& machine, const Request& request) {
  planning::OwnPackage own =
      planning::own_package(machine.host(), request.package_root, request.command);
  const std::string path = product::journal_path(machine);
  if (!machine.files().stat(path))
    return detect(machine, nullptr, {}, request, std::nullopt, std::move(own));
  const journal::Reader reader(machine.files().native_path(path));
  return detect(machine, &reader, product::installation_state_of(reader), request, std::nullopt,
                std::move(own));
}

product::Intent intent_of(commands::Command command) {
  if (command == commands::Command::kEnable) return product::Intent::kRun;
  if (commands::brings_a_version(command)) return product::Intent::kBring;
  return command == commands::Command::kDisable ? product::Intent::kStop : product::Intent::kRemove;
}

product::Origin origin_of(machine::Machine& machine, const Detected& detected,
                          commands::Command command) {
  const product::Inventory inventory =
      product::detect(machine, detected.installation.install_folder);
  return product::origin_facts(machine, detected.installation, inventory,
                               package::parse_version(detected.own.version), intent_of(command))
      .found.origin;
}

}  // namespace

planning::PlanText show_plan(machine::Machine& machine, const Request& request) {
  const Detected detected = detect_for(machine, request);
  const planning::Planning planning =
      planning_of(request, detected, machine::join(product::data_folder(machine), "txn-next"));
  planning::CommandPlan made = planning::make_plan(machine, detected.installation, detected.own,
                                                   detected.incoming, planning);
  if (planning.decision == Decision::kUndoFirst || planning.decision == Decision::kStopUndoFirst)
    made.plan.notes.push_back("The open update to " + detected.update->to_version +
                              " is undone first; then this plan may look different.");
  return planning::plan_text(commands::row(request.command).name, made.plan,
                             origin_of(machine, detected, request.command));
}

}  // namespace engine::handler
