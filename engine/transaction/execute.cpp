#include "engine/transaction/execute.h"

#include <algorithm>
#include <utility>

#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "engine/product/installation_change.h"
#include "engine/transaction/recovery.h"
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

// One run of a plan; lives as long as run_transaction.
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
        rows_(machine, session, plan, attempt) {
    for (const PlannedStep& planned : plan_.steps) {
      LiveStep step;
      step.position = static_cast<std::int64_t>(steps_.size()) + 1;
      step.action = planned.action.get();
      step.vital = planned.vital;
      step.before = planned.inherited;
      steps_.push_back(std::move(step));
    }
    outcome_.steps = static_cast<std::int64_t>(steps_.size());
    outcome_.notes = plan_.notes;
    outcome_.transaction_id = rows_.transaction_id();
  }

  Outcome go() {
    LiveStep* const first = arm_first();
    if (first == nullptr) {
      look_last();
      look_at_result();
    }
    // Before the commit: one that is made and yet reported as failed has armed them.
    for (LiveStep& step : steps_) {
      if (!step.before.is_null()) step.state = StepState::kArmed;
    }
    try {
      commit([&](Commit& commit) { write_begin(commit); });
      begun_ = true;
      uncaptured_.clear();
      if (first != nullptr) {
        if (const auto* refusal = std::get_if<GivesBack>(&attempt_.ending))
          throw Failure(refusal->why);
        tell_begin();
        for (LiveStep& step : steps_) {
          if (step.state != StepState::kFailed) carry_out(step);
        }
        finish();
      }
      outcome_.state = end_state();
    } catch (const std::exception& exception) {
      const Failure failure = errors::as_failure(exception);
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
    return std::move(outcome_);
  }

 private:
  TransactionState end_state() const {
    return std::holds_alternative<WaitsForBoot>(attempt_.ending) ? TransactionState::kRebootNeeded
                                                                 : TransactionState::kCommitted;
  }

  bool inherits() const { return !plan_.steps.empty() && !plan_.steps.front().inherited.is_null(); }

  const PlannedStep& planned(const LiveStep& step) const {
    return plan_.steps[static_cast<std::size_t>(step.position) - 1];
  }

  void commit(const std::function<void(Commit&)>& write_rows) {
    committing_ = true;
    session_.commit(write_rows);
    committing_ = false;
  }

  void tell_begin() {
    try {
      listener_.on_begin();
    } catch (const std::exception& exception) {
      outcome_.notes.push_back("The beginning could not be reported: " +
                               errors::as_failure(exception).message());
    }
  }

  // The whole plan and the first before-image: nothing on the machine is touched before this is
  // durable.
  void write_begin(Commit& commit) {
    rows_.begin(commit);
    write_uncaptured(commit);
    bool armed = false;
    for (const LiveStep& step : steps_) {
      if (step.before.is_null()) continue;
      rows_.armed(commit, step, step.before);
      armed = true;
    }
    if (!armed) rows_.end(commit, change_, judgement_, result_);
  }

  void write_ended(Commit& commit, const LiveStep& step) {
    if (step.state == StepState::kDone) return rows_.done(commit, step);
    rows_.failed(commit, step, step_error_, step_undo_error_);
  }

  machine::Deadline share_of(const LiveStep& step) const {
    if (std::holds_alternative<WaitsForBoot>(attempt_.ending))
      return budget_.undo();  // work has had its time
    return planned(step).share == Share::kProxy ? budget_.guest_proxy_agent() : budget_.work();
  }

  // Applies an armed step, then records it together with the next one's before-image.
  void carry_out(LiveStep& step) {
    const machine::Deadline share = share_of(step);
    try {
      if (machine_.system().monotonic_ms() >= share.at_ms) {
        throw Failure(ExitCode::kOutOfTime, step.action->target(),
                      "begin " + rows_.step_of(step.position) + " in time");
      }
      if (is_flushed_before(plan_, static_cast<std::size_t>(step.position) - 1))
        machine_.system().flush();
      if (planned(step).watched) watched_since_utc_ms_ = machine_.system().utc_ms();
      // An inherited one was done before; what is there now is what it left.
      step.after =
          planned(step).inherited.is_null()
              ? step.action->apply(machine_, step.before, step_deadline(machine_.system(), share))
              : step.action->capture(machine_);
      step.state = StepState::kDone;
    } catch (const std::exception& exception) {
      Failure failure = errors::as_failure(exception);
      failure.add_context(doing());
      failed_ = &step;
      if (step.vital) throw Failure(failure);
      give_up(step, failure);
      failed_ = nullptr;  // its error is its own, not the transaction's
    }
    arm_next(step);
  }

  // Done (or given up) and the next before-image in one commit. A best-effort step that cannot even
  // be captured is given up unarmed.
  void arm_next(LiveStep& ended) {
    for (std::int64_t position = ended.position; position < outcome_.steps; ++position) {
      LiveStep& next = steps_[static_cast<std::size_t>(position)];
      if (next.state == StepState::kArmed) {  // inherited
        commit([&](Commit& commit) { write_ended(commit, ended); });
        return;
      }
      const auto before = capture(next);
      if (!before) continue;
      commit([&](Commit& commit) {
        write_ended(commit, ended);
        write_uncaptured(commit);
        rows_.armed(commit, next, *before);
      });
      uncaptured_.clear();
      next.before = *before;
      next.state = StepState::kArmed;
      return;
    }
  }

  // The inherited steps, else the first whose before-image can be had. nullptr: there is none.
  LiveStep* arm_first() {
    for (LiveStep& step : steps_) {
      if (!step.before.is_null()) return &step;
      if (auto before = capture(step)) {
        step.before = std::move(*before);
        return &step;
      }
    }
    return nullptr;
  }

  std::optional<Json> capture(LiveStep& step) {
    try {
      return step.action->capture(machine_);
    } catch (const std::exception& exception) {
      const Failure failure = errors::as_failure(exception);
      if (step.vital) throw Failure(failure);
      step.state = StepState::kFailed;
      remember(step, failure);
      uncaptured_.emplace_back(step.position, failure.to_json());
      return std::nullopt;
    }
  }

  void remember(const LiveStep& step, const Failure& failure) {
    outcome_.notes.push_back(failure.message());
    given_up_.push_back({step.action->target(), failure});
  }

  void write_uncaptured(Commit& commit) {
    for (const auto& [position, error] : uncaptured_)
      rows_.uncaptured(commit, position, error);
  }

  // A best-effort step failed: it is undone alone; the record goes with the next commit.
  void give_up(LiveStep& step, const Failure& failure) {
    step_error_ = failure.to_json();
    step_undo_error_ = nullptr;
    remember(step, failure);
    try {
      const auto result = step.action->undo(machine_, step.before, step.after,
                                            step_deadline(machine_.system(), budget_.undo()));
      outcome_.notes.insert(outcome_.notes.end(), result.foreign.begin(), result.foreign.end());
      outcome_.notes.insert(outcome_.notes.end(), result.pending.begin(), result.pending.end());
      if (result.kind != actions::UndoResult::Kind::kUndone) {
        step_undo_error_ =
            result.failure
                .value_or(Failure(ExitCode::kRebootNeeded, step.action->target(),
                                  "undo before the next boot: " + step.action->sentence()))
                .to_json();
      }
    } catch (const std::exception& exception) {
      step_undo_error_ = errors::as_failure(exception).to_json();
    }
    step.state = step_undo_error_.is_null() ? StepState::kFailed : StepState::kUndoFailed;
  }

  void look_at_result() {
    if (plan_.change) change_ = product::filled(*plan_.change, ended(steps_));
    result_ = component_status(change_, outcome_.complaint, outcome_.notes);
  }

  // For the reports, which never change how a command ends.
  Json component_status(const product::InstallationChange& change,
                        const std::optional<Failure>& cause, std::vector<std::string>& notes) {
    try {
      return listener_.component_status(change, cause, given_up_);
    } catch (const std::exception& exception) {
      notes.push_back("The state of the components could not be read: " +
                      errors::as_failure(exception).message());
    }
    return nullptr;
  }

  // Before the flush: what is about to be undone need not be durable.
  void judge() {
    try {
      judgement_ = listener_.judge(budget_.guest_proxy_agent(), watched_since_utc_ms_);
      outcome_.complaint = judgement_.complaint;
    } catch (const std::exception& exception) {
      throw Failure(errors::as_failure(exception)).add_context(doing());
    }
  }

  std::string doing() const {
    return "while " + std::string(commands::row(attempt_.command).doing) +
           (plan_.to_version.empty() ? "" : " " + plan_.to_version);
  }

  void look_last() {
    try {
      listener_.look_last();
    } catch (const std::exception& exception) {
      throw Failure(errors::as_failure(exception))
          .add_context("in its last look")
          .add_context(doing());
    }
  }

  void finish() {
    judge();
    machine_.system().flush();
    look_last();
    look_at_result();
    ending_ = true;
    commit([&](Commit& commit) {
      const auto armed = std::find_if(steps_.rbegin(), steps_.rend(),
                                      [](const LiveStep& step) { return !step.before.is_null(); });
      write_ended(commit, *armed);
      write_uncaptured(commit);
      rows_.end(commit, change_, judgement_, result_);
    });
  }

  enum class Fate { kCommitted, kNotCommitted, kUnknown };

  // After a commit that failed the truth is in the file, not in the handle: opens it again and
  // reads it. Throws `failure` on where the file says that nothing was begun. Where the file cannot
  // be read, a transaction whose last commit failed may be committed: it is left as it is, since
  // then both readings are true, committed and after, or open, for the next command to undo.
  Fate fate_of_commit(const Failure& failure) {
    if (!committing_) return Fate::kNotCommitted;
    const bool readable = reopen_journal(session_, outcome_.notes);
    if (!begun_ &&
        (!readable || session_.journal()->next_transaction_id() <= outcome_.transaction_id))
      throw Failure(failure);
    if (!readable) return ending_ ? Fate::kUnknown : Fate::kNotCommitted;
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

  // One way: `undoing` and the cause are durable before the first undo, so that no retry goes
  // forward on a half-undone machine.
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
      if (failed_ != nullptr) commit.step_error(id, failed_->position, cause.to_json());
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
    closing.forget_stopped = attempt_.joins != 0 || inherits();
    closing.code = static_cast<int>(cause.code());
    if (budget_.may_look_round(machine_.system()))
      closing.result = component_status({}, cause, report.notes);
    outcome_.state = close_undo(session_, report, closing);
    outcome_.undo_failure = report.failure;
    outcome_.undone = report.undone;
    outcome_.notes.insert(outcome_.notes.end(), report.notes.begin(), report.notes.end());
  }

  // The earlier transactions of the operation, newest first. This one stays `undoing` until they
  // are undone: its end is the operation's.
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
    if (earlier.reboot_needed) report.end = UndoReport::End::kRebootNeeded;
    if (!earlier.blocked) return;
    report.end = UndoReport::End::kFailed;
    report.failure = earlier.blocked;
  }

  machine::Machine& machine_;
  Session& session_;
  const Budget& budget_;
  const Plan& plan_;
  const Attempt& attempt_;
  Listener& listener_;
  TransactionRows rows_;
  std::vector<LiveStep> steps_;
  const LiveStep* failed_ = nullptr;
  bool begun_ = false;
  bool committing_ = false;
  bool ending_ = false;                                    // the commit under way is the last one
  std::vector<std::pair<std::int64_t, Json>> uncaptured_;  // not recorded yet
  std::vector<GivenUp> given_up_;
  Json step_error_;
  Json step_undo_error_;
  Json result_;
  product::InstallationChange change_;
  std::int64_t watched_since_utc_ms_ = 0;
  Judgement judgement_;
  Outcome outcome_;
};

}  // namespace

Outcome run_transaction(machine::Machine& machine, Session& session, const Budget& budget,
                        const Plan& plan, const Attempt& attempt, Listener& listener) {
  return TransactionRun(machine, session, budget, plan, attempt, listener).go();
}

}  // namespace engine::transaction
