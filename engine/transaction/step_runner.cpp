#include "engine/transaction/step_runner.h"

#include "actions/machine/system.h"
#include "actions/services/service_control.h"
#include "actions/services/stop_service.h"
#include "engine/transaction/budget.h"

namespace engine::transaction {

using actions::services::StopService;
using actions::services::wait_while_starting;
using errors::ExitCode;
using errors::Failure;
using journal::StepState;

namespace {

// Returns true if the step stops a service that was found on its way up. A slow start is no hang,
// and the stop keeps its own time.
bool stops_what_starts(const LiveStep& step) {
  return !step.inherited && step.action->kind() == StopService::kKind &&
         StopService::read_before(step.before).state == machine::ServiceState::kStartPending;
}

}  // namespace

bool StepRunner::capture(LiveStep& step) {
  const auto failure = errors::failure_in([&] { step.before = step.action->capture(machine_); });
  if (!failure) return true;
  if (step.vital) throw Failure(*failure);
  step.state = StepState::kFailed;
  step.error = failure->to_json();
  warn(step, *failure);
  return false;
}

void StepRunner::apply(LiveStep& step, machine::Deadline share) {
  const auto failure = errors::failure_in([&] {
    machine::System& system = machine_.system();
    if (step.flush_first) system.flush();
    if (step.watched) watched_since_utc_ms_ = system.utc_ms();
    if (stops_what_starts(step)) wait_while_starting(machine_, step.action->target(), share);
    // An inherited step is done already: the machine now has its after-image.
    step.after = step.inherited
                     ? step.action->capture(machine_)
                     : step.action->apply(machine_, step.before, step_deadline(system, share));
    step.state = StepState::kDone;
  });
  if (failure) return fail(step, *failure);
  if (const auto shortfall = step.action->shortfall(step.before, step.after))
    warn(step, *shortfall);
}

void StepRunner::warn(const LiveStep& step, const Failure& failure) {
  notes_.push_back(failure.message());
  given_up_.push_back({step.action->target(), failure});
}

void StepRunner::fail(LiveStep& step, Failure failure) {
  const bool of_file =
      failure.code() == ExitCode::kCopyFile || failure.code() == ExitCode::kDeleteFolder;
  if (of_file && errors::is_in_use(failure)) failure.recode(ExitCode::kInUse);
  if (!doing_.empty()) failure.add_context(doing_);
  step.error = failure.to_json();
  if (step.vital) throw Failure(failure);
  give_up(step, failure);
}

void StepRunner::give_up(LiveStep& step, const Failure& failure) {
  warn(step, failure);
  const auto undo_failure = errors::failure_in([&] {
    const auto result = step.action->undo(machine_, step.before, step.after,
                                          step_deadline(machine_.system(), undo_));
    notes_.insert(notes_.end(), result.foreign.begin(), result.foreign.end());
    notes_.insert(notes_.end(), result.pending.begin(), result.pending.end());
    if (result.kind == actions::UndoResult::Kind::kUndone) return;
    throw Failure(
        result.failure.value_or(Failure(ExitCode::kRebootNeeded, step.action->target(),
                                        "undo before the next boot: " + step.action->sentence())));
  });
  if (undo_failure) step.undo_error = undo_failure->to_json();
  step.state = undo_failure ? StepState::kUndoFailed : StepState::kFailed;
}

}  // namespace engine::transaction
