#include "engine/planning/plan_text.h"

#include <optional>

#include "engine/transaction/phase.h"

namespace engine::planning {

PlanText plan_text(std::string_view command, const transaction::Plan& plan,
                   product::Origin origin) {
  const std::string name(command);
  PlanText shown;
  shown.json = {{"command", name},
                {"from_version", plan.from_version},
                {"to_version", plan.to_version},
                {"origin", to_text(origin)},
                {"notes", plan.notes},
                {"steps", nlohmann::json::array()}};
  shown.text =
      name + (plan.to_version.empty() ? "" : " " + plan.to_version) + ": " +
      (plan.steps.empty() ? "nothing to do" : std::to_string(plan.steps.size()) + " steps") + "\n";
  if (origin != product::Origin::kNothing && origin != product::Origin::kOurs)
    shown.text += "What is there: " + std::string(to_text(origin)) + "\n";
  for (const std::string& note : plan.notes)
    shown.text += "Note: " + note + "\n";
  int position = 0;
  std::optional<transaction::Phase> phase;
  for (const transaction::PlannedStep& step : plan.steps) {
    const std::string phase_name(transaction::phase_row(step.phase).name);
    if (phase != step.phase) shown.text += phase_name + ":\n";
    phase = step.phase;
    shown.text += std::to_string(++position) + ". " + step.action->sentence() +
                  (step.vital ? "" : " (best effort)") +
                  (step.inherited.is_null() ? "" : " (done before: only its undo counts)") +
                  "\n   undo: " + step.action->undo_sentence() + "\n";
    shown.json["steps"].push_back({{"phase", phase_name},
                                   {"kind", step.action->kind()},
                                   {"target", step.action->target()},
                                   {"sentence", step.action->sentence()},
                                   {"undo", step.action->undo_sentence()},
                                   {"vital", step.vital},
                                   {"parameters", step.action->parameters()}});
  }
  return shown;
}

}  // namespace engine::planning
