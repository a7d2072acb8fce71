#include "engine/transaction.h"

#include <algorithm>
#include <utility>

#include "actions/machine/system.h"
#include "engine/operation_table.h"
#include "engine/recovery.h"
#include "engine/recovery_copy.h"

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
      step.before = planned.adopted;
      steps_.push_back(std::move(step));
    }
    outcome_.steps = static_cast<std::int64_t>(steps_.size());
    outcome_.notes = plan_.notes;
  }

  Outcome go() {
    LiveStep* const first = arm_first();
    if (first == nullptr) look_at_result();
    outcome_.transaction_id = store_.journal()->next_transaction_id();
    try {
      commit([&](Commit& commit) { write_begin(commit); });
      begun_ = true;
      uncaptured_.clear();
      if (first != nullptr) {
        for (LiveStep& step : steps_) {
          if (!step.before.is_null()) step.state = StepState::kArmed;
        }
        if (attempt_.refusal) throw Failure(*attempt_.refusal);
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
    return attempt_.deferred ? TransactionState::kRebootNeeded : TransactionState::kCommitted;
  }

  bool adopts() const { return !plan_.steps.empty() && !plan_.steps.front().adopted.is_null(); }

  const PlannedStep& planned(const LiveStep& step) const {
    return plan_.steps[static_cast<std::size_t>(step.position) - 1];
  }

  Json capture(const PlannedStep& step) { return engine::capture(step, machine_); }

  std::string step_of(const LiveStep& step) const {
    return "step " + std::to_string(step.position) + " of " + std::to_string(outcome_.steps);
  }

  void commit(const std::function<void(Commit&)>& write_rows) {
    committing_ = true;
    store_.commit(write_rows);
    committing_ = false;
  }

  void tell_begin() {
    try {
      if (attempt_.on_begin) attempt_.on_begin();
    } catch (const std::exception& exception) {
      outcome_.notes.push_back("The beginning could not be reported: " +
                               errors::as_failure(exception).message());
    }
  }

  // The whole plan and the first before-image: nothing on the machine is touched before this is
  // durable.
  void write_begin(Commit& commit) {
    operation_id_ = attempt_.joins;
    if (operation_id_ == 0 && !attempt_.deferred) {
      journal::Operation operation = attempt_.opens;
      if (operation.kind.empty()) operation.kind = name_of(attempt_);
      operation.from_version = plan_.from_version;
      operation.to_version = plan_.to_version;
      operation_id_ = commit.open_operation(operation);
    }
    journal::Transaction transaction = transaction_row(machine_, attempt_);
    transaction.operation_id = operation_id_;
    transaction.work_folder = plan_.work_folder;
    const std::int64_t id = commit.begin_transaction(transaction);
    keep_package_folder(commit);
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
    write_uncaptured(commit);
    bool armed = false;
    for (const LiveStep& step : steps_) {
      if (step.before.is_null()) continue;
      write_armed(commit, step, step.before);
      armed = true;
    }
    if (!armed) write_end(commit);
  }

  void keep_package_folder(Commit& commit) {
    std::vector<std::string> folders = package_folders(*store_.journal());
    if (attempt_.package_folder.empty() ||
        std::find(folders.begin(), folders.end(), attempt_.package_folder) != folders.end())
      return;
    folders.push_back(attempt_.package_folder);
    commit.put_meta(meta::kPackageFolders, Json(folders).dump());
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
    end.state = end_state();
    end.result = result_;
    if (outcome_.complaint) {
      end.code = static_cast<int>(outcome_.complaint->code());
      end.cause = outcome_.complaint->to_json();
    }
    if (!judgement_note_.empty())
      commit.event(outcome_.transaction_id, judgement_level_, judgement_note_);
    if (attempt_.deferred) {
      end.cause = attempt_.deferred->to_json();
      commit.event(outcome_.transaction_id, Level::kWarning, attempt_.deferred->message());
    } else if (!steps_.empty()) {
      commit.event(outcome_.transaction_id, Level::kInfo, name_of(attempt_) + " committed");
    }
    commit.end_transaction(outcome_.transaction_id, end);
    if (attempt_.settles_package && !attempt_.package_folder.empty())
      commit.put_meta(meta::kPackageFolders, Json::array({attempt_.package_folder}).dump());
    if (attempt_.settles && operation_id_ != 0)
      commit.end_operation(operation_id_, journal::OperationState::kSettled);
  }

  // Applies an armed step, then records it together with the next one's before-image.
  void carry_out(LiveStep& step) {
    const bool for_agent = planned(step).share == Share::kAgent;
    actions::Deadline share = for_agent ? budget_.guest_proxy_agent() : budget_.work();
    if (attempt_.deferred) share = budget_.undo();  // work has had its time
    try {
      if (machine_.system().monotonic_ms() >= share.at_ms) {
        throw Failure(ExitCode::kOutOfTime, step.action->target(),
                      "begin " + step_of(step) + " in time");
      }
      if (planned(step).flush_first) machine_.system().flush();
      if (for_agent && plan_.verdict && step.action->kind() == "start-service")
        agent_started_utc_ms_ = machine_.system().utc_ms();
      step.after =
          step.action->apply(machine_, step.before, step_deadline(machine_.system(), share));
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
      if (next.state == StepState::kArmed) {  // adopted
        commit([&](Commit& commit) { write_ended(commit, ended); });
        return;
      }
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

  // The adopted steps, else the first whose before-image can be had. nullptr: there is none.
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
      return capture(planned(step));
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
    for (const auto& [position, error] : uncaptured_) {
      commit.step_failed(outcome_.transaction_id, position, error, nullptr);
    }
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
    if (plan_.settlement) settlement_ = plan_.settlement(machine_);
    for (const LiveStep& step : steps_) {
      if (step.state != StepState::kFailed && step.state != StepState::kUndoFailed) continue;
      std::erase_if(settlement_.put_owned, [&](const journal::Owned& owned) {
        return owned.kind == planned(step).makes && owned.name == step.action->target();
      });
    }
    result_ = survey(settlement_, outcome_.complaint, outcome_.notes);
  }

  // For the reports, which never change how a command ends.
  Json survey(const Settlement& settling, const std::optional<Failure>& cause,
              std::vector<std::string>& notes) {
    try {
      if (attempt_.survey) return attempt_.survey(machine_, settling, cause, given_up_);
    } catch (const std::exception& exception) {
      notes.push_back("The state of the components could not be read: " +
                      errors::as_failure(exception).message());
    }
    return nullptr;
  }

  // Before the flush: what is about to be undone need not be durable.
  void ask_verdict() {
    if (!plan_.verdict) return;
    try {
      Judgement judgement =
          plan_.verdict(machine_, budget_.guest_proxy_agent(), agent_started_utc_ms_);
      outcome_.complaint = std::move(judgement.complaint);
      judgement_note_ = std::move(judgement.note);
      judgement_level_ = judgement.level;
    } catch (const std::exception& exception) {
      throw Failure(errors::as_failure(exception)).add_context(doing());
    }
  }

  std::string doing() const {
    return "while " + std::string(row(attempt_.command).doing) +
           (plan_.to_version.empty() ? "" : " " + plan_.to_version);
  }

  void finish() {
    ask_verdict();
    machine_.system().flush();
    look_at_result();
    ending_ = true;
    commit([&](Commit& commit) {
      const auto armed = std::find_if(steps_.rbegin(), steps_.rend(),
                                      [](const LiveStep& step) { return !step.before.is_null(); });
      write_ended(commit, *armed);
      write_uncaptured(commit);
      write_end(commit);
    });
  }

  enum class Fate { kCommitted, kNotCommitted, kUnknown };

  // After a commit that failed the truth is in the file, not in the handle: opens it again and
  // reads it. Throws `failure` on where the file says that nothing was begun. Where the file cannot
  // be read, a transaction whose last commit failed may be committed: it is left as it is, since
  // then both readings are true, committed and after, or open, for the next command to undo.
  Fate fate_of_commit(const Failure& failure) {
    if (!committing_) return Fate::kNotCommitted;
    const bool readable = reopen_journal(store_, outcome_.notes);
    if (!begun_ &&
        (!readable || store_.journal()->next_transaction_id() <= outcome_.transaction_id))
      throw Failure(failure);
    if (!readable) return ending_ ? Fate::kUnknown : Fate::kNotCommitted;
    try {
      return store_.journal()->transaction(outcome_.transaction_id).state == end_state()
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
    const auto armed = std::count_if(steps_.begin(), steps_.end(), [](const LiveStep& step) {
      return step.state == StepState::kArmed || step.state == StepState::kDone;
    });
    record_if_possible(store_, outcome_.notes, [&](Commit& commit) {
      const std::int64_t id = outcome_.transaction_id;
      if (operation_id_ != 0)
        commit.begin_operation_undo(operation_id_, cause.to_json(), name_of(attempt_));
      if (failed_ != nullptr) commit.step_error(id, failed_->position, cause.to_json());
      commit.begin_undo(id, cause.to_json(), machine_.system().boot_id());
      commit.event(id, Level::kError,
                   cause.message() + "; undoing " + std::to_string(armed) + " of " +
                       std::to_string(outcome_.steps) + " steps");
    });
    UndoReport report =
        undo_steps(machine_, store_, outcome_.transaction_id, steps_, budget_.undo());
    undo_earlier(report);
    UndoClosing closing;
    closing.transaction_id = outcome_.transaction_id;
    closing.operation_id = operation_id_;
    closing.forget_stopped = attempt_.joins != 0 || adopts();
    closing.code = static_cast<int>(cause.code());
    if (!budget_.is_spent(machine_.system())) closing.result = survey({}, cause, report.notes);
    outcome_.state = close_undo(store_, report, closing);
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
    if (store_.journal() == nullptr) {
      report.end = UndoReport::End::kFailed;
      report.failure =
          Failure(ExitCode::kJournalUnusable, "operation " + std::to_string(operation_id_),
                  "undo the earlier commands of the update without the journal");
      return;
    }
    const Recovery earlier = undo_operation(machine_, store_, operation_id_, budget_.undo(),
                                            {.except = outcome_.transaction_id});
    report.notes.insert(report.notes.end(), earlier.notes.begin(), earlier.notes.end());
    report.undone += earlier.undone_steps;
    if (earlier.reboot_needed) report.end = UndoReport::End::kRebootNeeded;
    if (!earlier.blocked) return;
    report.end = UndoReport::End::kFailed;
    report.failure = earlier.blocked;
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
  bool ending_ = false;                                    // the commit under way is the last one
  std::vector<std::pair<std::int64_t, Json>> uncaptured_;  // not recorded yet
  std::vector<GivenUp> given_up_;
  Json step_error_;
  Json step_undo_error_;
  Json result_;
  Settlement settlement_;
  std::int64_t agent_started_utc_ms_ = 0;
  std::string judgement_note_;
  journal::Level judgement_level_ = Level::kInfo;
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
  const Json result = attempt.survey ? attempt.survey(machine, {}, cause, {}) : Json();
  store.commit([&](Commit& commit) {
    journal::Operation operation;
    operation.kind = transaction.command;
    operation.from_version = settled_version;
    operation.to_version = settled_version;
    // One whose undo is stuck leaves no room for another operation: the refusal belongs to none.
    const bool stuck = attempt.joins == 0 && store.journal()->open_operation().has_value();
    transaction.operation_id = attempt.joins;
    if (attempt.joins == 0 && !stuck) transaction.operation_id = commit.open_operation(operation);
    id = commit.begin_transaction(transaction);
    Commit::End end;
    end.state = TransactionState::kRefused;
    end.code = static_cast<int>(cause.code());
    end.cause = cause.to_json();
    end.result = result;
    commit.event(id, Level::kError, transaction.command + " refused: " + cause.message());
    commit.end_transaction(id, end);
    if (attempt.joins != 0) {
      commit.begin_operation_undo(attempt.joins, cause.to_json(), transaction.command);
    } else if (!stuck) {
      commit.end_operation(transaction.operation_id, journal::OperationState::kUndone);
    }
  });
  return id;
}

}  // namespace engine
