#include "engine/transaction.h"

#include <algorithm>
#include <utility>

#include "actions/machine/system.h"

namespace engine {
namespace {

using actions::Json;
using errors::ExitCode;
using errors::Failure;
using journal::Commit;
using journal::Level;
using journal::StepState;
using journal::TransactionState;

std::string name_of(const Attempt& attempt) { return std::string(row(attempt.command).name); }

journal::Transaction transaction_row(machine::Machine& machine, const Attempt& attempt) {
  journal::Transaction transaction;
  transaction.command = name_of(attempt);
  transaction.program_version = attempt.program_version;
  transaction.payload_version = attempt.payload_version;
  transaction.machine_id = machine.system().machine_id();
  transaction.boot_id = machine.system().boot_id();
  transaction.process_id = attempt.process_id;
  transaction.sequence_number = attempt.sequence_number;
  return transaction;
}

// One run of a plan; lives as long as run_transaction.
class Run {
 public:
  Run(machine::Machine& machine, Store& store, const Budget& budget, const Plan& plan,
      const Attempt& attempt)
      : machine_(machine), store_(store), budget_(budget), plan_(plan), attempt_(attempt) {
    for (const PlannedStep& planned : plan_.steps) {
      LiveStep step;
      step.position = static_cast<std::int64_t>(steps_.size()) + 1;
      step.action = planned.action.get();
      step.vital = planned.vital;
      steps_.push_back(std::move(step));
    }
    outcome_.steps = static_cast<std::int64_t>(steps_.size());
    outcome_.notes = plan_.notes;
  }

  Outcome go() {
    Json before;
    if (!steps_.empty()) before = steps_.front().action->capture(machine_);
    if (steps_.empty()) look_at_result();
    outcome_.transaction_id = store_.journal()->next_transaction_id();
    try {
      commit([&](Commit& commit) { write_begin(commit, before); });
      begun_ = true;
      if (!steps_.empty()) {
        steps_.front().before = std::move(before);
        steps_.front().state = StepState::kArmed;
        if (attempt_.on_begin) attempt_.on_begin();
        for (LiveStep& step : steps_)
          carry_out(step);
        finish();
      }
      outcome_.state = TransactionState::kCommitted;
    } catch (const std::exception& exception) {
      const Failure failure = errors::as_failure(exception);
      if (!committed_after_all(failure)) undo(failure);
    }
    return std::move(outcome_);
  }

 private:
  const PlannedStep& planned(const LiveStep& step) const {
    return plan_.steps[static_cast<std::size_t>(step.position) - 1];
  }

  std::string step_of(const LiveStep& step) const {
    return "step " + std::to_string(step.position) + " of " + std::to_string(outcome_.steps);
  }

  void commit(const std::function<void(Commit&)>& write_rows) {
    committing_ = true;
    store_.commit(write_rows);
    committing_ = false;
  }

  // The whole plan and the first before-image: nothing on the machine is touched before this is
  // durable.
  void write_begin(Commit& commit, const Json& before) {
    journal::Operation operation;
    operation.kind = name_of(attempt_);
    operation.from_version = plan_.from_version;
    operation.to_version = plan_.to_version;
    operation_id_ = commit.open_operation(operation);
    journal::Transaction transaction = transaction_row(machine_, attempt_);
    transaction.operation_id = operation_id_;
    transaction.work_folder = plan_.work_folder;
    const std::int64_t id = commit.begin_transaction(transaction);
    const std::string what =
        transaction.command + (plan_.to_version.empty() ? "" : " " + plan_.to_version);
    commit.event(id, Level::kInfo,
                 what + (steps_.empty() ? ": nothing to do"
                                        : " begins: " + std::to_string(outcome_.steps) + " steps"));
    for (const std::string& note : plan_.notes)
      commit.event(id, Level::kInfo, note);
    for (const LiveStep& step : steps_) {
      journal::Step row;
      row.position = step.position;
      row.kind = step.action->kind();
      row.target = step.action->target();
      row.sentence = step.action->sentence();
      row.vital = step.vital;
      row.parameters = step.action->parameters();
      commit.add_step(id, row);
    }
    if (steps_.empty()) {
      write_end(commit);
    } else {
      write_armed(commit, steps_.front(), before);
    }
  }

  void write_armed(Commit& commit, const LiveStep& step, const Json& before) {
    commit.step_armed(outcome_.transaction_id, step.position, before);
    commit.event(outcome_.transaction_id, Level::kInfo,
                 step_of(step) + ": " + step.action->sentence());
  }

  void write_ended(Commit& commit, const LiveStep& step) {
    if (step.state == StepState::kDone) {
      commit.step_done(outcome_.transaction_id, step.position, step.after);
      return;
    }
    commit.step_failed(outcome_.transaction_id, step.position, step_error_, step_undo_error_);
    commit.event(outcome_.transaction_id, Level::kWarning,
                 step_of(step) +
                     " failed, the command goes on: " + Failure::from_json(step_error_).message());
  }

  void write_end(Commit& commit) {
    write_settlement(commit, settlement_);
    Commit::End end;
    end.state = TransactionState::kCommitted;
    end.result = result_;
    if (!steps_.empty())
      commit.event(outcome_.transaction_id, Level::kInfo, name_of(attempt_) + " committed");
    commit.end_transaction(outcome_.transaction_id, end);
    commit.end_operation(operation_id_, journal::OperationState::kSettled);
  }

  // Applies an armed step, then records it together with the next one's before-image.
  void carry_out(LiveStep& step) {
    const bool for_agent = planned(step).share == Share::kAgent;
    const actions::Deadline share = for_agent ? budget_.guest_proxy_agent() : budget_.work();
    try {
      if (machine_.system().monotonic_ms() >= share.at_ms) {
        throw Failure(ExitCode::kOutOfTime, step.action->target(),
                      "begin " + step_of(step) + " in time");
      }
      step.after =
          step.action->apply(machine_, step.before, step_deadline(machine_.system(), share));
      step.state = StepState::kDone;
    } catch (const std::exception& exception) {
      Failure failure = errors::as_failure(exception);
      failure.add_context("while " + std::string(row(attempt_.command).doing) +
                          (plan_.to_version.empty() ? "" : " " + plan_.to_version));
      failed_ = &step;
      if (step.vital) throw Failure(failure);
      give_up(step, failure);
    }
    arm_next(step);
  }

  // Done (or given up) and the next before-image in one commit. A best-effort step that cannot even
  // be captured is given up unarmed.
  void arm_next(LiveStep& ended) {
    for (std::int64_t position = ended.position; position < outcome_.steps; ++position) {
      LiveStep& next = steps_[static_cast<std::size_t>(position)];
      const auto before = capture(next);
      if (!before) continue;
      commit([&](Commit& commit) {
        write_ended(commit, ended);
        write_uncaptured(commit);
        write_armed(commit, next, *before);
      });
      uncaptured_.clear();
      next.before = *before;
      next.state = StepState::kArmed;
      return;
    }
  }

  std::optional<Json> capture(LiveStep& step) {
    try {
      return step.action->capture(machine_);
    } catch (const std::exception& exception) {
      const Failure failure = errors::as_failure(exception);
      if (step.vital) throw Failure(failure);
      step.state = StepState::kFailed;
      outcome_.notes.push_back(failure.message());
      uncaptured_.emplace_back(step.position, failure.to_json());
      return std::nullopt;
    }
  }

  void write_uncaptured(Commit& commit) {
    for (const auto& [position, error] : uncaptured_) {
      commit.step_failed(outcome_.transaction_id, position, error, nullptr);
    }
  }

  // A best-effort step failed: it is undone alone; the record goes with the next commit.
  void give_up(LiveStep& step, const Failure& failure) {
    step_error_ = failure.to_json();
    step_undo_error_ = nullptr;
    outcome_.notes.push_back(failure.message());
    try {
      const auto result = step.action->undo(machine_, step.before, step.after,
                                            step_deadline(machine_.system(), budget_.undo()));
      if (result.failure) step_undo_error_ = result.failure->to_json();
    } catch (const std::exception& exception) {
      step_undo_error_ = errors::as_failure(exception).to_json();
    }
    step.state = step_undo_error_.is_null() ? StepState::kFailed : StepState::kUndoFailed;
  }

  void look_at_result() {
    if (plan_.settlement) settlement_ = plan_.settlement(machine_);
    if (attempt_.survey) result_ = attempt_.survey(machine_, settlement_, std::nullopt);
  }

  void finish() {
    machine_.system().flush();
    look_at_result();
    commit([&](Commit& commit) {
      const auto armed = std::find_if(steps_.rbegin(), steps_.rend(),
                                      [](const LiveStep& step) { return !step.before.is_null(); });
      write_ended(commit, *armed);
      write_uncaptured(commit);
      write_end(commit);
    });
  }

  // After a commit that failed the truth is in the file, not in the handle: opens it again and
  // reads it. Throws `failure` on where the file says that nothing was begun.
  bool committed_after_all(const Failure& failure) {
    if (!committing_) return false;
    const bool readable = reopen_journal(store_, outcome_.notes);
    if (!begun_ &&
        (!readable || store_.journal()->next_transaction_id() <= outcome_.transaction_id))
      throw Failure(failure);
    if (!readable) return false;
    const bool committed = store_.journal()->transaction(outcome_.transaction_id).state ==
                           TransactionState::kCommitted;
    if (committed) outcome_.state = TransactionState::kCommitted;
    return committed;
  }

  // One way: `undoing` and the cause are durable before the first undo, so that no retry goes
  // forward on a half-undone machine.
  void undo(const Failure& cause) {
    outcome_.cause = cause;
    const auto armed = std::count_if(steps_.begin(), steps_.end(), [](const LiveStep& step) {
      return step.state == StepState::kArmed || step.state == StepState::kDone;
    });
    record_if_possible(store_, outcome_.notes, [&](Commit& commit) {
      const std::int64_t id = outcome_.transaction_id;
      if (failed_ != nullptr) commit.step_error(id, failed_->position, cause.to_json());
      commit.begin_undo(id, cause.to_json(), machine_.system().boot_id());
      commit.event(id, Level::kError,
                   cause.message() + "; undoing " + std::to_string(armed) + " of " +
                       std::to_string(outcome_.steps) + " steps");
    });
    UndoReport report =
        undo_steps(machine_, store_, outcome_.transaction_id, steps_, budget_.undo());
    UndoClosing closing;
    closing.transaction_id = outcome_.transaction_id;
    closing.operation_id = operation_id_;
    closing.code = static_cast<int>(cause.code());
    closing.result = survey_after_undo(cause, report);
    outcome_.state = close_undo(store_, report, closing);
    outcome_.undo_failure = report.failure;
    outcome_.undone = report.undone;
    outcome_.notes.insert(outcome_.notes.end(), report.notes.begin(), report.notes.end());
  }

  Json survey_after_undo(const Failure& cause, UndoReport& report) {
    try {
      if (attempt_.survey) return attempt_.survey(machine_, {}, cause);
    } catch (const std::exception& exception) {
      report.notes.push_back("The state of the components could not be read: " +
                             errors::as_failure(exception).message());
    }
    return nullptr;
  }

  machine::Machine& machine_;
  Store& store_;
  const Budget& budget_;
  const Plan& plan_;
  const Attempt& attempt_;
  std::vector<LiveStep> steps_;
  const LiveStep* failed_ = nullptr;
  std::int64_t operation_id_ = 0;
  bool begun_ = false;
  bool committing_ = false;
  std::vector<std::pair<std::int64_t, Json>> uncaptured_;  // not recorded yet
  Json step_error_;
  Json step_undo_error_;
  Json result_;
  Settlement settlement_;
  Outcome outcome_;
};

}  // namespace

Outcome run_transaction(machine::Machine& machine, Store& store, const Budget& budget,
                        const Plan& plan, const Attempt& attempt) {
  return Run(machine, store, budget, plan, attempt).go();
}

std::int64_t record_refusal(machine::Machine& machine, Store& store, const Attempt& attempt,
                            const Failure& cause, const std::string& settled_version) {
  std::int64_t id = 0;
  journal::Transaction transaction = transaction_row(machine, attempt);
  const Json result = attempt.survey ? attempt.survey(machine, {}, cause) : Json();
  store.commit([&](Commit& commit) {
    journal::Operation operation;
    operation.kind = transaction.command;
    operation.from_version = settled_version;
    operation.to_version = settled_version;
    transaction.operation_id = commit.open_operation(operation);
    id = commit.begin_transaction(transaction);
    Commit::End end;
    end.state = TransactionState::kRefused;
    end.code = static_cast<int>(cause.code());
    end.cause = cause.to_json();
    end.result = result;
    commit.event(id, Level::kError, transaction.command + " refused: " + cause.message());
    commit.end_transaction(id, end);
    commit.end_operation(transaction.operation_id, journal::OperationState::kUndone);
  });
  return id;
}

}  // namespace engine
