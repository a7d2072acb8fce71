#include "engine/transaction/execute.h"

#include <algorithm>
#include <utility>

#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "engine/product/installation_change.h"
#include "engine/transaction/live_step.h"
#include "engine/transaction/recovery.h"
#include "engine/transaction/step_runner.h"
#include "engine/transaction/transaction_rows.h"
#include "engine/transaction/undo.h"

namespace engine::transaction {
namespace {

using actions::Json;
using errors::ExitCode;
using errors::Failure;
using journal::Commit;
using journal::Level;
using journal::StepState;
using journal::TransactionState;

std::vector<LiveStep> live_steps(const Plan& plan) {
  std::vector<LiveStep> steps;
  for (const PlannedStep& planned : plan.steps) {
    LiveStep step;
    step.position = static_cast<std::int64_t>(steps.size()) + 1;
    step.action = planned.action.get();
    step.vital = planned.vital;
    step.inherited = !planned.inherited.is_null();
    step.flush_first = is_flushed_before(plan, steps.size());
    step.watched = planned.watched;
    step.before = planned.inherited;
    steps.push_back(std::move(step));
  }
  return steps;
}

std::string doing(const Plan& plan, const Attempt& attempt) {
  return "while " + std::string(commands::row(attempt.command).doing) +
         (plan.to_version.empty() ? "" : " " + plan.to_version);
}

void append(std::vector<std::string>& all, const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

// One run of a plan; lives as long as run_transaction. Its members are the six arguments, the steps
// with their runner and rows, and how far the run has come.
class TransactionRun {
 public:
  TransactionRun(machine::Machine& machine, Session& session, const Budget& budget,
                 const Plan& plan, const Attempt& attempt, Listener& listener)
      : machine_(machine),
        session_(session),
        budget_(budget),
        plan_(plan),
        attempt_(attempt),
        listener_(listener),
        rows_(machine, session, plan, attempt),
        runner_(machine, doing(plan, attempt), budget.undo()),
        steps_(live_steps(plan)) {
    outcome_.steps = static_cast<std::int64_t>(steps_.size());
    outcome_.notes = plan_.notes;
    outcome_.transaction_id = rows_.transaction_id();
  }

  Outcome go() {
    LiveStep* const first = arm_first();
    Result nothing_done;
    if (first == nullptr) {
      look_last();
      nothing_done = result({});
    }
    // Set before the commit: a commit that reports a failure may have armed the steps all the same.
    for (LiveStep& step : steps_) {
      if (!step.before.is_null()) step.state = StepState::kArmed;
    }
    const auto failure = errors::failure_in([&] {
      commit([&](Commit& commit) { write_begin(commit, nothing_done); });
      stage_ = Stage::kBegun;
      if (first != nullptr) carry_out_all();
    });
    append(outcome_.notes, runner_.take_notes());
    if (failure) {
      end_failed(*failure);
    } else {
      outcome_.state = end_state();
    }
    return std::move(outcome_);
  }

 private:
  TransactionState end_state() const {
    return std::holds_alternative<WaitsForBoot>(attempt_.ending) ? TransactionState::kRebootNeeded
                                                                 : TransactionState::kCommitted;
  }

  void commit(const std::function<void(Commit&)>& write_rows) {
    committing_ = true;
    session_.commit(write_rows);
    committing_ = false;
  }

  void carry_out_all() {
    if (const auto* refusal = std::get_if<GivesBack>(&attempt_.ending)) throw Failure(refusal->why);
    tell("beginning", [&] { listener_.on_begin(); });
    for (LiveStep& step : steps_) {
      if (step.state == StepState::kFailed) continue;
      if (step.position > 1) tell("progress", [&] { listener_.on_step(); });
      carry_out(step);
    }
    finish();
  }

  void tell(const std::string& what, const std::function<void()>& listener) {
    const auto untold = errors::failure_in(listener);
    if (untold)
      outcome_.notes.push_back("The " + what + " could not be reported: " + untold->message());
  }

  // Writes the whole plan and the first before-image: the machine is not touched before they are
  // durable.
  void write_begin(Commit& commit, const Result& nothing_done) {
    rows_.begin(commit);
    bool armed = false;
    for (const LiveStep& step : steps_) {
      if (step.state == StepState::kFailed) rows_.ended(commit, step);
      if (step.before.is_null()) continue;
      rows_.armed(commit, step);
      armed = true;
    }
    if (!armed) rows_.end(commit, nothing_done);
  }

  machine::Deadline share_of(const LiveStep& step) const {
    if (std::holds_alternative<WaitsForBoot>(attempt_.ending))
      return budget_.undo();  // work has had its time
    const Share share = plan_.steps[static_cast<std::size_t>(step.position) - 1].share;
    return share == Share::kProxy ? budget_.guest_proxy_agent() : budget_.work();
  }

  // Applies an armed step, then records it together with the next step's before-image.
  void carry_out(LiveStep& step) {
    const machine::Deadline share = share_of(step);
    if (machine_.system().monotonic_ms() >= share.at_ms) {
      runner_.fail(step, Failure(ExitCode::kOutOfTime, step.action->target(),
                                 "begin " + rows_.step_of(step.position) + " in time"));
    } else {
      runner_.apply(step, share);
    }
    arm_next(step);
  }

  // Writes one commit: that `ended` is done or given up, that the next steps whose capture fails
  // are given up, and the first before-image after them. finish() records the last step.
  void arm_next(const LiveStep& ended) {
    std::vector<const LiveStep*> unarmed;
    for (auto next = steps_.begin() + ended.position; next != steps_.end(); ++next) {
      if (next->state != StepState::kArmed && !runner_.capture(*next)) {
        unarmed.push_back(&*next);
        continue;
      }
      commit([&](Commit& commit) {
        write_ended(commit, ended, unarmed);
        if (next->state != StepState::kArmed) rows_.armed(commit, *next);
      });
      next->state = StepState::kArmed;
      return;
    }
  }

  void write_ended(Commit& commit, const LiveStep& ended,
                   const std::vector<const LiveStep*>& unarmed) {
    rows_.ended(commit, ended);
    for (const LiveStep* step : unarmed)
      rows_.ended(commit, *step);
  }

  // Returns the first step that is inherited or can be captured; nullptr if there is none.
  LiveStep* arm_first() {
    for (LiveStep& step : steps_) {
      if (step.inherited || runner_.capture(step)) return &step;
    }
    return nullptr;
  }

  // For the reports: a failure becomes a note, since no report changes how a command ends.
  Json component_status(const product::InstallationChange& change,
                        const std::optional<Failure>& cause, std::vector<std::string>& notes) {
    Json components;
    const auto failure = errors::failure_in(
        [&] { components = listener_.component_status(change, cause, runner_.given_up()); });
    if (failure)
      notes.push_back("The state of the components could not be read: " + failure->message());
    return components;
  }

  Result result(Judgement judgement) {
    Result result;
    if (plan_.change) result.change = product::filled(*plan_.change, ended(steps_));
    result.components = component_status(result.change, judgement.complaint, outcome_.notes);
    result.judgement = std::move(judgement);
    return result;
  }

  Judgement judge() {
    Judgement judgement;
    const auto failure = errors::failure_in([&] {
      judgement = listener_.judge(budget_.guest_proxy_agent(), runner_.watched_since_utc_ms());
    });
    if (failure) throw Failure(*failure).add_context(doing(plan_, attempt_));
    outcome_.complaint = judgement.complaint;
    return judgement;
  }

  void look_last() {
    const auto failure = errors::failure_in([&] { listener_.look_last(); });
    if (failure)
      throw Failure(*failure).add_context("in its last look").add_context(doing(plan_, attempt_));
  }

  // Judges before the flush: what the judgement undoes need not be durable.
  void finish() {
    Judgement judgement = judge();
    machine_.system().flush();
    look_last();
    const Result came_to = result(std::move(judgement));
    const auto last = std::find_if(steps_.rbegin(), steps_.rend(),
                                   [](const LiveStep& step) { return !step.before.is_null(); });
    std::vector<const LiveStep*> unarmed;
    for (auto step = last.base(); step != steps_.end(); ++step)
      unarmed.push_back(&*step);
    stage_ = Stage::kEnding;
    commit([&](Commit& commit) {
      write_ended(commit, *last, unarmed);
      rows_.end(commit, came_to);
    });
  }

  void end_failed(Failure failure) {
    failure.tried_again_by(attempt_.tried_again_by);
    switch (fate_of_commit(failure)) {
      case Fate::kCommitted:
        outcome_.state = end_state();
        break;
      case Fate::kNotCommitted:
        undo(failure);
        break;
      case Fate::kUnknown:
        outcome_.cause = failure;
        outcome_.state = TransactionState::kOpen;
        break;
    }
  }

  enum class Fate { kCommitted, kNotCommitted, kUnknown };

  // After a failed commit the truth is in the file, not in the handle: opens the file again and
  // reads it. Throws `failure` on if the file says that nothing was begun, or if it is the first
  // commit and the file cannot be read. If it is the last one and the file cannot be read, leaves
  // the transaction: it may be committed, which is "after"; the next command undoes an open one.
  Fate fate_of_commit(const Failure& failure) {
    if (!committing_) return Fate::kNotCommitted;
    const bool readable = reopen_journal(session_, outcome_.notes);
    if (stage_ == Stage::kNotBegun &&
        (!readable || session_.journal()->next_transaction_id() <= outcome_.transaction_id))
      throw Failure(failure);
    if (!readable) return stage_ == Stage::kEnding ? Fate::kUnknown : Fate::kNotCommitted;
    try {
      return session_.journal()->transaction(outcome_.transaction_id).state == end_state()
                 ? Fate::kCommitted
                 : Fate::kNotCommitted;
    } catch (const std::exception& exception) {
      outcome_.notes.push_back("The journal does not know the transaction any more: " +
                               errors::as_failure(exception).message());
      return Fate::kNotCommitted;
    }
  }

  // Commits `undoing` and the cause before the first undo, one way, so that no retry goes forward
  // on a half-undone machine.
  void undo(const Failure& cause) {
    outcome_.cause = cause;
    listener_.on_undo();
    const auto armed = std::count_if(steps_.begin(), steps_.end(), [](const LiveStep& step) {
      return step.state == StepState::kArmed || step.state == StepState::kDone;
    });
    record_if_possible(session_, outcome_.notes, [&](Commit& commit) {
      const std::int64_t id = outcome_.transaction_id;
      if (rows_.operation_id() != 0)
        commit.begin_operation_undo(rows_.operation_id(), cause.to_json(),
                                    std::string(commands::row(attempt_.command).name));
      const auto failed = std::find_if(steps_.begin(), steps_.end(), [](const LiveStep& step) {
        return step.state == StepState::kArmed && !step.error.is_null();
      });
      if (failed != steps_.end()) commit.step_error(id, failed->position, cause.to_json());
      commit.begin_undo(id, cause.to_json(), machine_.system().boot_id());
      commit.event(id, Level::kError,
                   cause.message() + "; undoing " + std::to_string(armed) + " of " +
                       std::to_string(outcome_.steps) + " steps");
    });
    UndoReport report =
        undo_steps(machine_, session_, outcome_.transaction_id, steps_, budget_.undo());
    undo_earlier(report);
    UndoClosing closing;
    closing.transaction_id = outcome_.transaction_id;
    closing.operation_id = rows_.operation_id();
    closing.forget_stopped = attempt_.joins != 0 || (!steps_.empty() && steps_.front().inherited);
    closing.code = static_cast<int>(cause.code());
    if (budget_.may_look_round(machine_.system()))
      closing.result = component_status({}, cause, report.notes);
    outcome_.state = close_undo(session_, report, closing);
    if (outcome_.state == TransactionState::kUndoing) outcome_.components = closing.result;
    outcome_.undo_failure = report.failure ? report.failure : report.left;
    outcome_.undone = report.undone;
    outcome_.notes.insert(outcome_.notes.end(), report.notes.begin(), report.notes.end());
  }

  // Undoes the earlier transactions of the operation, newest first. This transaction stays
  // `undoing` until they are undone: it ends with the operation.
  void undo_earlier(UndoReport& report) {
    if (attempt_.joins == 0 || report.end == UndoReport::End::kFailed ||
        report.end == UndoReport::End::kOutOfTime)
      return;
    if (session_.journal() == nullptr) {
      report.end = UndoReport::End::kFailed;
      report.failure =
          Failure(ExitCode::kJournalUnusable, "operation " + std::to_string(rows_.operation_id()),
                  "undo the earlier commands of the update without the journal");
      return;
    }
    const Recovery earlier = undo_operation(machine_, session_, rows_.operation_id(),
                                            budget_.undo(), {.except = outcome_.transaction_id});
    report.notes.insert(report.notes.end(), earlier.notes.begin(), earlier.notes.end());
    report.undone += earlier.undone_steps;
    if (!report.left) report.left = earlier.left;
    if (earlier.reboot_needed) report.end = UndoReport::End::kRebootNeeded;
    if (!earlier.blocked) return;
    report.end = UndoReport::End::kFailed;
    report.failure = earlier.blocked;
  }

  enum class Stage { kNotBegun, kBegun, kEnding };  // kEnding: the commit under way is the last one

  machine::Machine& machine_;
  Session& session_;
  const Budget& budget_;
  const Plan& plan_;
  const Attempt& attempt_;
  Listener& listener_;
  TransactionRows rows_;
  StepRunner runner_;
  std::vector<LiveStep> steps_;
  Stage stage_ = Stage::kNotBegun;
  bool committing_ = false;
  Outcome outcome_;
};

}  // namespace

Outcome run_transaction(machine::Machine& machine, Session& session, const Budget& budget,
                        const Plan& plan, const Attempt& attempt, Listener& listener) {
  return TransactionRun(machine, session, budget, plan, attempt, listener).go();
}

}  // namespace engine::transaction
