#include "engine/undo.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "actions/machine/system.h"
#include "engine/budget.h"

namespace engine {
namespace {

using actions::UndoResult;
using errors::ExitCode;
using errors::Failure;
using journal::StepState;

// Armed, done, or undone before without lasting effect: its undo has something to look at.
bool needs_undo(const LiveStep& step) {
  return step.state == StepState::kArmed || step.state == StepState::kDone ||
         step.state == StepState::kUndoFailed;
}

// The copy and the task that recover when nobody comes back: they stay until an operation settles,
// which an undo does not.
bool outlives_undo(const LiveStep& step) {
  return step.action->kind() == "arm-recovery" && step.state == StepState::kDone;
}

bool changes_running_state(const actions::Action& action) {
  return action.kind() == "start-service" || action.kind() == "stop-service";
}

bool leaves(RunningStates running, const actions::Action& action) {
  if (running == RunningStates::kBooted) return action.kind() == "start-service";
  return running == RunningStates::kLeave && changes_running_state(action);
}

UndoResult undo_one(machine::Machine& machine, const LiveStep& step, actions::Deadline deadline) {
  try {
    return step.action->undo(machine, step.before, step.after, deadline);
  } catch (const std::exception& exception) {
    UndoResult result;
    result.kind = UndoResult::Kind::kFailed;
    result.failure = errors::as_failure(exception);
    return result;
  }
}

// Whether the operation cannot end with this transaction: a newer one of it waits for the boot.
bool another_waits_for_the_boot(journal::Journal& journal, const UndoClosing& closing) {
  const auto transactions = journal.transactions_of(closing.operation_id);
  return std::any_of(transactions.begin(), transactions.end(), [&](const auto& transaction) {
    return transaction.id != closing.transaction_id &&
           transaction.state == journal::TransactionState::kRebootNeeded;
  });
}

}  // namespace

bool reopen_journal(Store& store, std::vector<std::string>& notes) {
  try {
    store.reopen();
    return true;
  } catch (const std::exception& exception) {
    notes.push_back("The journal could not be opened again, undo goes on from memory: " +
                    errors::as_failure(exception).message());
    return false;
  }
}

void record_if_possible(Store& store, std::vector<std::string>& notes,
                        const std::function<void(journal::Commit&)>& write) {
  constexpr int kTries = 2;
  for (int i = 0; i < kTries && store.journal() != nullptr; ++i) {
    try {
      store.commit(write);
      return;
    } catch (const std::exception& exception) {
      notes.push_back("The journal could not be written during undo: " +
                      errors::as_failure(exception).message());
    }
    if (!reopen_journal(store, notes)) return;
  }
}

journal::TransactionState close_undo(Store& store, UndoReport& report, const UndoClosing& closing) {
  using journal::OperationState;
  using journal::TransactionState;
  if (report.end == UndoReport::End::kFailed || report.end == UndoReport::End::kOutOfTime) {
    return TransactionState::kUndoing;
  }
  const bool before = report.end == UndoReport::End::kBefore;
  journal::Commit::End end;
  end.state = before ? TransactionState::kUndone : TransactionState::kRebootNeeded;
  end.recovered = closing.recovered;
  end.code = closing.code;
  end.cause = closing.cause;
  end.result = closing.result;
  record_if_possible(store, report.notes, [&](journal::Commit& commit) {
    for (const std::string& note : report.notes)
      commit.event(closing.transaction_id, journal::Level::kWarning, note);
    commit.event(closing.transaction_id, journal::Level::kInfo,
                 before ? "undone: the machine is as it was before"
                        : "undone but for what the next boot finishes");
    commit.end_transaction(closing.transaction_id, end);
    if (closing.operation_id == 0) return;
    if (closing.forget_stopped && before) commit.forget_meta(meta::kDisabled);
    const bool waits = !before || another_waits_for_the_boot(*store.journal(), closing);
    commit.end_operation(closing.operation_id,
                         waits ? OperationState::kRebootNeeded : OperationState::kUndone);
  });
  return end.state;
}

UndoReport undo_steps(machine::Machine& machine, Store& store, std::int64_t transaction_id,
                      std::vector<LiveStep>& steps, actions::Deadline deadline,
                      RunningStates running) {
  UndoReport report;
  bool all_undone = true;
  bool reboot_needed = false;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (!needs_undo(*step)) continue;
    if (machine.system().monotonic_ms() >= deadline.at_ms) {
      report.end = UndoReport::End::kOutOfTime;
      report.failure = report.failure
                           ? report.failure
                           : Failure(ExitCode::kOutOfTime, step->action->target(),
                                     "undo step " + std::to_string(step->position) + " in time");
      return report;
    }
    UndoResult result;
    if (outlives_undo(*step))
      report.notes.emplace_back("The recovery copy and its task stay until something settles.");
    if (!leaves(running, *step->action) && !outlives_undo(*step))
      result = undo_one(machine, *step, step_deadline(machine.system(), deadline));
    report.notes.insert(report.notes.end(), result.foreign.begin(), result.foreign.end());
    report.notes.insert(report.notes.end(), result.pending.begin(), result.pending.end());
    // What is foreign to a start or stop may be the doing of a newer step whose own undo failed (a
    // service that is not registered again yet): it is tried again with that one.
    const bool behind_a_failure = (!all_undone || reboot_needed) && !result.foreign.empty() &&
                                  changes_running_state(*step->action);
    if (result.kind == UndoResult::Kind::kUndone && !behind_a_failure) {
      step->state = StepState::kUndone;
      ++report.undone;
      report.progress = report.progress || !step->recorded_undone;
      record_if_possible(store, report.notes, [&](journal::Commit& commit) {
        commit.step_undone(transaction_id, step->position, result.foreign);
      });
      continue;
    }
    step->state = StepState::kUndoFailed;
    const Failure failure =
        result.failure.value_or(Failure(ExitCode::kRebootNeeded, step->action->target(),
                                        "undo before the next boot: " + step->action->sentence()));
    // A service that cannot start over one that hangs waits for the same boot.
    const bool behind_a_hang = reboot_needed && changes_running_state(*step->action);
    if (behind_a_failure) {
      report.notes.push_back(step->action->target() +
                             ": its running state comes back with the steps after it.");
    } else if (result.kind == UndoResult::Kind::kRebootNeeded || behind_a_hang) {
      reboot_needed = true;
      if (behind_a_hang) {
        report.notes.push_back(step->action->target() +
                               ": its running state comes back with the next boot.");
      }
    } else {
      all_undone = false;
      if (!report.failure) report.failure = failure;
    }
    record_if_possible(store, report.notes, [&](journal::Commit& commit) {
      commit.step_undo_failed(transaction_id, step->position, failure.to_json());
      commit.event(
          transaction_id, journal::Level::kError,
          "undo of step " + std::to_string(step->position) + " failed: " + failure.message());
    });
  }

  try {
    machine.system().flush();
  } catch (const std::exception& exception) {
    all_undone = false;
    if (!report.failure) report.failure = errors::as_failure(exception);
  }
  if (!all_undone) {
    report.end = UndoReport::End::kFailed;
  } else {
    report.end = reboot_needed ? UndoReport::End::kRebootNeeded : UndoReport::End::kBefore;
  }
  return report;
}

}  // namespace engine
