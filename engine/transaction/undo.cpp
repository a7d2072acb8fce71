#include "engine/transaction/undo.h"

#include <algorithm>
#include <functional>

#include "actions/best_effort.h"
#include "actions/context.h"
#include "actions/machine/paths.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/services/service_control.h"
#include "engine/product/meta.h"
#include "engine/transaction/budget.h"
#include "text/joined.h"

namespace engine::transaction {
namespace {

using actions::Effect;
using actions::has_code;
using actions::UndoResult;
using errors::ExitCode;
using errors::Failure;
using journal::StepState;

// Armed, done (also: undone in another boot, whose records do not count), or its undo failed.
bool needs_undo(const LiveStep& step) {
  return step.state == StepState::kArmed || step.state == StepState::kDone ||
         step.state == StepState::kUndoFailed;
}

// An undo settles no operation, so the recovery copy and its task stay.
bool outlives_undo(const LiveStep& step) {
  return step.action->effect() == Effect::kRecovery && step.state == StepState::kDone;
}

bool changes_running_state(const actions::Action& action) {
  return action.effect() == Effect::kStarts || action.effect() == Effect::kStops;
}

// Returns true for a step whose undo starts a service, or lets the next boot start it.
bool starts_something(const actions::Action& action) {
  return action.effect() == Effect::kStops || action.effect() == Effect::kStartType;
}

// winerror.h: ERROR_SERVICE_DEPENDENCY_FAIL, ERROR_SERVICE_DEPENDENCY_DELETED.
bool is_for_a_dependency(const Failure& failure) {
  return has_code(failure, 1068) || has_code(failure, 1075);
}

bool leaves(RunningStates running, const actions::Action& action) {
  if (running == RunningStates::kBooted) return action.effect() == Effect::kStarts;
  return running == RunningStates::kLeave && changes_running_state(action);
}

UndoResult undo_one(machine::Machine& machine, const LiveStep& step, machine::Deadline deadline) {
  try {
    return step.action->undo(machine, step.before, step.after, deadline);
  } catch (const std::exception& exception) {
    UndoResult result;
    result.kind = UndoResult::Kind::kFailed;
    result.failure = errors::as_failure(exception);
    return result;
  }
}

std::string but_for(const UndoReport& report) {
  std::vector<std::string> names;
  for (const product::Stopped& service : report.not_started)
    names.push_back(service.name);
  return names.empty() ? "" : ", but for what does not start again: " + text::joined(names);
}

// Returns true if the operation cannot end yet: another transaction of it waits for the boot.
bool another_waits_for_the_boot(journal::Journal& journal, const UndoClosing& closing) {
  const auto transactions = journal.transactions_of(closing.operation_id);
  return std::any_of(transactions.begin(), transactions.end(), [&](const auto& transaction) {
    return transaction.id != closing.transaction_id &&
           transaction.state == journal::TransactionState::kRebootNeeded;
  });
}

// One call of undo_steps.
class Undo {
 public:
  Undo(machine::Machine& machine, Session& session, std::int64_t transaction_id,
       machine::Deadline deadline, RunningStates running)
      : machine_(machine),
        session_(session),
        transaction_id_(transaction_id),
        deadline_(deadline),
        running_(running) {}

  UndoReport of(std::vector<LiveStep>& steps) {
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      if (!needs_undo(*step)) continue;
      if (is_late()) return out_of_time(*step);
      undo(*step);
    }
    for (LiveStep* step : run_again_) {
      if (!has_ended_again(*step)) continue;
      report_.notes.push_back(step->action->target() +
                              " had ended again before all was undone: it is started once more.");
      if (is_late()) {
        record_failed(*step, late(*step));
        return out_of_time(*step);
      }
      undo(*step);
    }
    flush();
    if (report_.failure) {
      report_.end = UndoReport::End::kFailed;
    } else {
      report_.end = reboot_needed_ ? UndoReport::End::kRebootNeeded : UndoReport::End::kBefore;
    }
    return std::move(report_);
  }

 private:
  bool is_late() const { return machine_.system().monotonic_ms() >= deadline_.at_ms; }

  static Failure late(const LiveStep& step) {
    return {ExitCode::kOutOfTime, step.action->target(),
            "undo step " + std::to_string(step.position) + " in time"};
  }

  UndoReport out_of_time(const LiveStep& step) {
    report_.end = UndoReport::End::kOutOfTime;
    if (!report_.failure) report_.failure = late(step);
    return std::move(report_);
  }

  void undo(LiveStep& step) {
    if (files_failed_ && starts_something(*step.action)) {
      record_failed(step, Failure(ExitCode::kCopyFile, step.action->target(),
                                  "undo step " + std::to_string(step.position) + " (" +
                                      step.action->sentence() +
                                      ") before the files are back that a newer step changed"));
      return;
    }
    UndoResult result;
    if (outlives_undo(step)) {
      report_.notes.emplace_back("The recovery copy and its task stay until something settles.");
    } else if (!leaves(running_, *step.action)) {
      const auto deadline = step.action->effect() == Effect::kFiles
                                ? deadline_
                                : step_deadline(machine_.system(), deadline_);
      result = undo_one(machine_, step, deadline);
    }
    leave_dependent(step, result);
    if (result.does_not_start && (report_.failure || reboot_needed_)) {
      // It may wait for ours: recovery tries it again behind the steps that failed.
      result.kind = UndoResult::Kind::kFailed;
      result.foreign.clear();
    }
    report_.notes.insert(report_.notes.end(), result.foreign.begin(), result.foreign.end());
    report_.notes.insert(report_.notes.end(), result.pending.begin(), result.pending.end());
    if (result.leaves_files && !report_.left) {
      report_.left = Failure(ExitCode::kCopyFile, step.action->target(),
                             "put all files back: " + result.foreign.front());
    }
    // An object may look foreign because the undo of a newer step failed (a service that is not
    // registered again yet, a start type that the same transaction set twice). Recovery then tries
    // both steps again.
    const bool behind_a_failure =
        !result.foreign.empty() &&
        (changes_running_state(*step.action) ? report_.failure || reboot_needed_
                                             : has_failed(step.action->target()));
    if (result.kind == UndoResult::Kind::kUndone && !behind_a_failure) {
      if (result.does_not_start)
        report_.not_started.push_back({step.action->target(), step.before});
      record_undone(step, result);
      return;
    }
    const Failure failure =
        result.failure.value_or(Failure(ExitCode::kRebootNeeded, step.action->target(),
                                        "undo before the next boot: " + step.action->sentence()));
    // A service that cannot start because another one hangs waits for the same boot.
    const bool behind_a_hang = reboot_needed_ && changes_running_state(*step.action);
    if (behind_a_failure) {
      report_.notes.push_back(
          step.action->target() +
          (changes_running_state(*step.action)
               ? ": its running state comes back with the steps after it."
               : ": it is undone again, behind the newer step that could not be."));
    } else if (result.kind == UndoResult::Kind::kRebootNeeded || behind_a_hang) {
      reboot_needed_ = true;
      if (behind_a_hang) {
        report_.notes.push_back(step.action->target() +
                                ": its running state comes back with the next boot.");
      }
    } else {
      failed_.push_back(step.action->target());
      files_failed_ = files_failed_ || step.action->effect() == Effect::kFiles;
      report_.only_in_use = report_.only_in_use && is_in_use(failure);
      if (!report_.failure) report_.failure = failure;
    }
    record_failed(step, failure);
  }

  static bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::any_of(names.begin(), names.end(),
                       [&name](const std::string& n) { return machine::equal_names(n, name); });
  }
  bool has_failed(const std::string& target) const { return contains(failed_, target); }

  // Of a stop whose undo was refused for a dependency that this undo has left stopped: leaves the
  // service stopped too. Keeps the names of what is left.
  void leave_dependent(const LiveStep& step, UndoResult& result) {
    if (step.action->effect() != Effect::kStops) return;
    const std::string& name = step.action->target();
    if (result.kind == UndoResult::Kind::kFailed && result.failure &&
        is_for_a_dependency(*result.failure) && depends_on_left(name)) {
      UndoResult left;
      left.foreign.push_back("Service " + name + ", which ran, is left stopped: " +
                             result.failure->message() + "; what it depends on was left stopped");
      result = std::move(left);
    }
    const bool is_left = result.kind == UndoResult::Kind::kUndone && !result.does_not_start &&
                         !result.foreign.empty();
    if (is_left) left_.push_back(name);
  }

  bool depends_on_left(const std::string& name) {
    const auto config = actions::if_readable([&] {
                          return machine_.services().config(name);
                        }).value_or(std::nullopt);
    return config && std::ranges::any_of(config->depends_on, [this](const std::string& on) {
             return contains(left_, on);
           });
  }

  void record_undone(LiveStep& step, const UndoResult& result) {
    if (step.state == StepState::kUndone) return;  // started once more
    step.state = StepState::kUndone;
    ++report_.undone;
    report_.progress = report_.progress || !step.recorded_undone;
    if (result.runs_again) run_again_.push_back(&step);
    record_if_possible(session_, report_.notes, [&](journal::Commit& commit) {
      commit.step_undone(transaction_id_, step.position, machine_.system().boot_id(),
                         result.foreign);
    });
  }

  void record_failed(LiveStep& step, const Failure& failure) {
    step.state = StepState::kUndoFailed;
    record_if_possible(session_, report_.notes, [&](journal::Commit& commit) {
      commit.step_undo_failed(transaction_id_, step.position, failure.to_json());
      commit.event(
          transaction_id_, journal::Level::kError,
          "undo of step " + std::to_string(step.position) + " failed: " + failure.message());
    });
  }

  // Returns true if a started service has ended a moment later: of its own fault, or because the
  // process that hosts it was still ending.
  bool has_ended_again(const LiveStep& step) {
    try {
      const auto status = machine_.services().status(step.action->target());
      return status && (!actions::services::is_up(status->state) ||
                        actions::services::has_died(machine_, *status));
    } catch (const std::exception& exception) {
      report_.notes.push_back("Whether " + step.action->target() + " still runs is not known: " +
                              errors::as_failure(exception).message());
      return false;
    }
  }

  void flush() {
    try {
      machine_.system().flush();
    } catch (const std::exception& exception) {
      report_.only_in_use = false;
      if (!report_.failure) report_.failure = errors::as_failure(exception);
    }
  }

  machine::Machine& machine_;
  Session& session_;
  std::int64_t transaction_id_;
  machine::Deadline deadline_;
  RunningStates running_;
  bool reboot_needed_ = false;
  bool files_failed_ = false;
  std::vector<std::string> failed_;   // targets of the steps whose undo failed
  std::vector<std::string> left_;     // services that somebody keeps from running
  std::vector<LiveStep*> run_again_;  // in the order in which they were started
  UndoReport report_;
};

}  // namespace

bool reopen_journal(Session& session, std::vector<std::string>& notes) {
  try {
    session.reopen();
    return true;
  } catch (const std::exception& exception) {
    notes.push_back("The journal could not be opened again, undo goes on from memory: " +
                    errors::as_failure(exception).message());
    return false;
  }
}

void record_if_possible(Session& session, std::vector<std::string>& notes,
                        const std::function<void(journal::Commit&)>& write) {
  constexpr int kTries = 2;
  for (int i = 0; i < kTries && session.journal() != nullptr; ++i) {
    try {
      session.commit(write);
      return;
    } catch (const std::exception& exception) {
      notes.push_back("The journal could not be written during undo: " +
                      errors::as_failure(exception).message());
    }
    if (!reopen_journal(session, notes)) return;
  }
}

journal::TransactionState close_undo(Session& session, UndoReport& report,
                                     const UndoClosing& closing) {
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
  if (report.left) end.undo_failure = report.left->to_json();
  record_if_possible(session, report.notes, [&](journal::Commit& commit) {
    for (const std::string& note : report.notes)
      commit.event(closing.transaction_id, journal::Level::kWarning, note);
    commit.event(closing.transaction_id, journal::Level::kInfo,
                 !before       ? "undone but for what the next boot finishes"
                 : report.left ? "undone but for files that somebody changed meanwhile"
                               : "undone: the machine is as it was before" + but_for(report));
    commit.end_transaction(closing.transaction_id, end);
    if (before && !report.not_started.empty())
      commit.put_meta(product::meta::kNotStarted, product::to_text(report.not_started));
    if (closing.operation_id == 0) return;
    if (closing.forget_stopped && before) commit.forget_meta(product::meta::kDisabled);
    const bool waits = !before || another_waits_for_the_boot(*session.journal(), closing);
    commit.end_operation(closing.operation_id,
                         waits ? OperationState::kRebootNeeded : OperationState::kUndone);
  });
  return end.state;
}

UndoReport undo_steps(machine::Machine& machine, Session& session, std::int64_t transaction_id,
                      std::vector<LiveStep>& steps, machine::Deadline deadline,
                      RunningStates running) {
  return Undo(machine, session, transaction_id, deadline, running).of(steps);
}

}  // namespace engine::transaction
