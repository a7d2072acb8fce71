#include "engine/transaction/live_step.h"

namespace engine::transaction {

using journal::StepState;

std::vector<product::EndedStep> ended(const std::vector<LiveStep>& steps) {
  std::vector<product::EndedStep> all;
  all.reserve(steps.size());
  for (const LiveStep& step : steps) {
    all.push_back({.kind = step.action->kind(),
                   .target = step.action->target(),
                   .is_done = step.state == StepState::kDone,
                   .is_undone = step.state != StepState::kUndoFailed,
                   .before = &step.before,
                   .after = &step.after});
  }
  return all;
}

}  // namespace engine::transaction
