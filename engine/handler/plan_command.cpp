#include "engine/handler/plan_command.h"

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/handler/detect.h"
#include "engine/planning/command_plan.h"
#include "engine/planning/incoming.h"
#include "engine/planning/planning.h"
#include "engine/product/places.h"
#include "journal/reader.h"

namespace engine::handler {
namespace {

using commands::Decision;

Detected detect_for(machine::Machine& machine, const Request& request) {
  planning::OwnPackage own =
      planning::own_package(machine.host(), request.package_root, request.command);
  planning::Incoming incoming = planning::incoming_of(
      {request.command, request.handler_version, request.version_variable, std::nullopt}, own);
  const std::string path = product::journal_path(machine);
  if (!machine.files().stat(path))
    return detect(machine, request.command, std::move(own), std::move(incoming));
  journal::Reader reader(machine.files().native_path(path));
  return detect(machine, reader, request.command, std::move(own), std::move(incoming));
}

}  // namespace

planning::PlanText show_plan(machine::Machine& machine, const Request& request) {
  const Detected detected = detect_for(machine, request);
  planning::Planning planning;
  planning.command = request.command;
  planning.handler_version = request.handler_version;
  planning.program = request.program;
  planning.decision = commands::decide(detected.situation);
  planning.downgrade = detected.goes_down();
  planning.work_folder = machine::join(product::data_folder(machine), "txn-next");
  planning::CommandPlan made = planning::make_plan(machine, detected.installation, detected.own,
                                                   detected.incoming, planning);
  if (planning.decision == Decision::kUndoFirst || planning.decision == Decision::kStopUndoFirst)
    made.plan.notes.push_back("The open update to " + detected.update->to_version +
                              " is undone first; then this plan may look different.");
  return planning::plan_text(commands::row(request.command).name, made.plan);
}

}  // namespace engine::handler
