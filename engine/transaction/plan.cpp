#include "engine/transaction/plan.h"

#include <algorithm>

#include "actions/registry/take_back_deletions.h"

namespace engine::transaction {
namespace {

bool is_vital(Phase phase, bool is_removal) {
  switch (phase_row(phase).vital) {
    case Vital::kAlways:
      return true;
    case Vital::kUnlessRemoval:
      return !is_removal;
    case Vital::kNever:
      break;
  }
  return false;
}

}  // namespace

PlannedStep& Plan::add(Phase phase, std::unique_ptr<actions::Action> action) {
  PlannedStep step;
  step.action = std::move(action);
  step.phase = phase;
  step.vital = is_vital(phase, is_removal);
  const auto place = std::find_if(steps.begin(), steps.end(), [phase](const PlannedStep& other) {
    return phase < other.phase;
  });
  return *steps.insert(place, std::move(step));
}

void Plan::inherit(std::unique_ptr<actions::Action> action, actions::Json before) {
  add(Phase::kInherit, std::move(action)).inherited = std::move(before);
}

product::InstallationChange& Plan::to_change() {
  if (!change) change.emplace();
  return *change;
}

bool Plan::has(Phase phase) const {
  return std::any_of(steps.begin(), steps.end(),
                     [phase](const PlannedStep& step) { return step.phase == phase; });
}

bool Plan::has(Phase phase, std::string_view target) const {
  return std::any_of(steps.begin(), steps.end(), [&](const PlannedStep& step) {
    return step.phase == phase && machine::equal_names(step.action->target(), target);
  });
}

bool Plan::has_vital() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const PlannedStep& step) { return step.vital; });
}

bool is_flushed_before(const Plan& plan, std::size_t index) {
  const Phase phase = plan.steps[index].phase;
  const bool is_first = index == 0 || plan.steps[index - 1].phase != phase;
  if (!is_first) return false;
  if (phase == Phase::kStop) return plan.has<actions::registry::TakeBackDeletions>();
  return phase_row(phase).flush_if_held && plan.has(Phase::kHold);
}

}  // namespace engine::transaction
