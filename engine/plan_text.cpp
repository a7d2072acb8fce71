#include "engine/plan_text.h"

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "engine/planning.h"
#include "engine/store.h"
#include "journal/reader.h"

namespace engine {

PlanText show_plan(machine::Machine& machine, const Request& request) {
  Known known;
  if (machine.files().stat(journal_path(machine))) {
    journal::Reader reader(machine.files().native_path(journal_path(machine)));
    known = known_of(reader);
  }
  const Planned planned =
      make_plan(machine, request, known, machine::join(data_folder(machine), "txn-next"));
  const Plan& plan = planned.plan;

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
