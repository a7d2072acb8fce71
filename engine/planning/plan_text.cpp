#include "engine/planning/plan_text.h"

namespace engine::planning {

PlanText plan_text(std::string_view command, const transaction::Plan& plan) {
  const std::string name(command);
  PlanText shown;
  shown.json = {{"command", name},
                {"from_version", plan.from_version},
                {"to_version", plan.to_version},
                {"notes", plan.notes},
                {"steps", nlohmann::json::array()}};
  shown.text =
      name + (plan.to_version.empty() ? "" : " " + plan.to_version) + ": " +
      (plan.steps.empty() ? "nothing to do" : std::to_string(plan.steps.size()) + " steps") + "\n";
  for (const std::string& note : plan.notes)
    shown.text += "Note: " + note + "\n";
  int position = 0;
  for (const transaction::PlannedStep& step : plan.steps) {
    shown.text += std::to_string(++position) + ". " + step.action->sentence() +
                  (step.vital ? "" : " (best effort)") +
                  (step.inherited.is_null() ? "" : " (inherited: only its undo counts)") +
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

}  // namespace engine::planning
