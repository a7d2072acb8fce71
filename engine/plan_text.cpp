#include "engine/plan_text.h"

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "engine/planning.h"
#include "engine/store.h"
#include "journal/reader.h"

namespace engine {

PlanText show_plan(machine::Machine& machine, const Request& request) {
  Known known;
  const OwnPackage own = own_package(machine, request);
  const Incoming incoming = incoming_of(request, own, std::nullopt);
  Planning planning;
  planning.work_folder = machine::join(data_folder(machine), "txn-next");
  Standing standing;
  if (machine.files().stat(journal_path(machine))) {
    journal::Reader reader(machine.files().native_path(journal_path(machine)));
    known = known_of(reader);
    standing = stand(machine, reader, request.command, incoming, known);
  } else {
    Situation nothing_recorded;
    nothing_recorded.command = request.command;
    nothing_recorded.stands = stands_of(machine, known, incoming.payload);
    standing.decision = decide(nothing_recorded);
  }
  planning.decision = standing.decision;
  planning.downgrade = standing.update && standing.update->package.empty();
  Plan plan = make_plan(machine, request, known, own, incoming, planning);
  if (standing.decision == Decision::kUndoFirst || standing.decision == Decision::kStopUndoFirst)
    plan.notes.push_back("The open update to " + standing.update->to_version +
                         " is undone first; then this plan may look different.");

  PlanText shown;
  shown.json = {{"command", row(request.command).name},
                {"from_version", plan.from_version},
                {"to_version", plan.to_version},
                {"notes", plan.notes},
                {"steps", nlohmann::json::array()}};
  shown.text =
      std::string(row(request.command).name) +
      (plan.to_version.empty() ? "" : " " + plan.to_version) + ": " +
      (plan.steps.empty() ? "nothing to do" : std::to_string(plan.steps.size()) + " steps") + "\n";
  for (const std::string& note : plan.notes)
    shown.text += "Note: " + note + "\n";
  int position = 0;
  for (const PlannedStep& step : plan.steps) {
    shown.text += std::to_string(++position) + ". " + step.action->sentence() +
                  (step.vital ? "" : " (best effort)") +
                  (step.adopted.is_null() ? "" : " (adopted: only its undo counts)") +
                  "\n   undo: " + step.action->undo_sentence() + "\n";
    shown.json["steps"].push_back({{"kind", step.action->kind()},
                                   {"target", step.action->target()},
                                   {"sentence", step.action->sentence()},
                                   {"undo", step.action->undo_sentence()},
                                   {"vital", step.vital},
                                   {"parameters", step.action->parameters()}});
  }
  return shown;
}

}  // namespace engine
