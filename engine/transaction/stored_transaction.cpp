#include "engine/transaction/stored_transaction.h"

#include <algorithm>

#include "actions/best_effort.h"
#include "actions/catalogue.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/services/service_control.h"
#include "actions/services/set_dependencies.h"
#include "engine/commands/operation_table.h"
#include "engine/product/meta.h"
#include "engine/transaction/budget.h"
#include "engine/transaction/transaction_rows.h"

namespace engine::transaction {

using actions::Json;
using errors::ExitCode;
using errors::Failure;
using journal::Commit;
using journal::Level;
using journal::StepState;
using journal::TransactionState;

namespace {

// Returns true if the step has no effect to complete or undo.
bool never_began(StepState state) {
  return state == StepState::kPlanned || state == StepState::kFailed;
}

}  // namespace

LiveStep StoredTransaction::live(journal::Step& row) const {
  LiveStep step;
  step.position = row.position;
  step.vital = row.vital;
  step.state = row.state.value_or(StepState::kArmed);
  step.recorded_undone = step.state == StepState::kUndone;
  // Its effect may not have reached the disk before another boot.
  const std::string& undone_in =
      row.undo_boot_id.empty() ? transaction_.undo_boot_id : row.undo_boot_id;
  if (step.recorded_undone && undone_in != machine_.system().boot_id())
    step.state = StepState::kDone;
  step.before = std::move(row.before);
  step.after = std::move(row.after);
  return step;
}

std::optional<StoredTransaction::Refusal> StoredTransaction::rebuild() {
  if (!transaction_.damage.empty()) return Refusal{"", name() + ": " + transaction_.damage};
  // A row of an earlier schema has no check sum: its text is read before anything is done.
  const auto unreadable = errors::failure_in([&] { change_at_end(); });
  if (unreadable) return Refusal{"", name() + ": " + unreadable->message()};
  for (journal::Step& row : session_.journal()->steps(transaction_.id)) {
    const std::string where = "step " + std::to_string(row.position) + " of " + name() + ": ";
    LiveStep step = live(row);
    if (!row.damage.empty()) {
      // Nothing is done by the row of a step that never began, unless it is to be completed.
      if (never_began(step.state) && !transaction_.command.ends_with("uninstall")) continue;
      return Refusal{"", where + row.damage};
    }
    const auto failure = errors::failure_in([&] {
      step.owned = actions::rebuild(row.kind, row.parameters);
      if (step.owned && !step.before.is_null()) step.owned->check_images(step.before, step.after);
    });
    if (failure) return Refusal{"", where + failure->message()};
    if (!step.owned) return Refusal{row.kind, ""};
    step.action = step.owned.get();
    steps_.push_back(std::move(step));
  }
  return std::nullopt;
}

bool StoredTransaction::is_superseded() const {
  return std::any_of(steps_.begin(), steps_.end(), [this](const LiveStep& step) {
    if (step.state != StepState::kDone || step.recorded_undone) return false;
    // A file that cannot be read is no evidence: the undo of its step fails by itself.
    return actions::if_readable(
               [&] { return step.action->is_superseded(machine_, step.before, step.after); })
        .value_or(false);
  });
}

bool StoredTransaction::may_wait_no_longer() const {
  return std::none_of(steps_.begin(), steps_.end(), [this](const LiveStep& step) {
    if (step.state != StepState::kUndoFailed || step.before.is_null()) return false;
    if (step.action->effect() != actions::Effect::kStops) return true;
    const auto found =
        actions::if_readable([&] { return step.action->probe(machine_, step.before, step.after); });
    return !found || *found == actions::Probe::kMoving;
  });
}

// Returns a phrase for each service whose undo waits: it is on its way, marked, or does not stop.
std::vector<std::string> StoredTransaction::held_services() const {
  std::vector<std::string> held;
  for (const LiveStep& step : steps_) {
    if (step.state != StepState::kUndoFailed) continue;
    const std::string& name = step.action->target();
    const auto status = actions::if_readable([&] { return machine_.services().status(name); });
    if (!status || !*status) continue;
    const machine::ServiceStatus& now = **status;
    if (actions::services::is_pending(now.state)) {
      held.push_back("service " + name + " is " + std::string(machine::to_text(now.state)));
    } else if (now.marked_for_deletion) {
      held.push_back("service " + name + " is marked for deletion");
    } else if (step.action->effect() == actions::Effect::kStarts &&
               now.state == machine::ServiceState::kRunning) {
      held.push_back("service " + name + " does not stop");
    }
  }
  return held;
}

void StoredTransaction::wait_for_boot(Recovery& recovery) const {
  recovery.reboot_needed = true;
  std::vector<std::string> reasons = held_services();
  if (reasons.empty() && transaction_.cause.is_object())
    reasons.push_back(Failure::from_json(transaction_.cause).message());
  for (std::string& reason : reasons) {
    if (std::ranges::count(recovery.waits_for, reason) == 0)
      recovery.waits_for.push_back(std::move(reason));
  }
}

RecoveryDecision StoredTransaction::decision() const {
  const bool delete_armed = std::any_of(steps_.begin(), steps_.end(), [](const LiveStep& step) {
    return step.action->deletes() && !never_began(step.state);
  });
  // The transaction waits for the boot after its undo, which may have begun in a later boot.
  const std::string& last_boot =
      transaction_.undo_boot_id.empty() ? transaction_.boot_id : transaction_.undo_boot_id;
  return decide_recovery(transaction_.state, transaction_.command, delete_armed,
                         last_boot != machine_.system().boot_id());
}

std::string StoredTransaction::name() const {
  return "transaction " + std::to_string(transaction_.id) + " (" + transaction_.command +
         ", begun " + transaction_.started_at + ")";
}

// Goes on with an uninstall to its end. Returns the failure that stopped it.
std::optional<Failure> StoredTransaction::complete(Recovery& recovery) {
  begin_attempt("its process ended in the middle; completing it");
  StepRunner runner(machine_, "", deadline_);
  try {
    for (LiveStep& step : steps_) {
      if (step.state == StepState::kFailed || step.state == StepState::kUndoFailed) continue;
      carry_out(runner, step);
    }
    machine_.system().flush();
  } catch (const std::exception& exception) {
    return errors::as_failure(exception);
  }
  const product::InstallationChange change = product::filled(change_at_end(), ended(steps_));
  session_.commit([&](Commit& commit) {
    write_change(commit, change);
    Commit::End end;
    end.state = TransactionState::kCommitted;
    end.recovered = true;
    commit.event(transaction_.id, Level::kInfo, "completed by recovery");
    commit.end_transaction(transaction_.id, end);
    commit.end_operation(transaction_.operation_id, journal::OperationState::kSettled);
  });
  recovery.notes.push_back("Completed " + name() + ": its process had ended in the middle.");
  ++recovery.recovered;
  return std::nullopt;
}

void StoredTransaction::undo(const std::optional<Failure>& cause, const How& how,
                             Recovery& recovery) {
  begin_undo(cause);
  RunningStates running = cloned() ? RunningStates::kLeave : how.running;
  if (running == RunningStates::kGiveBack && older_are_undone()) running = RunningStates::kBooted;
  UndoReport report = undo_steps(machine_, session_, transaction_.id, steps_, deadline_, running);
  recovery.notes.insert(recovery.notes.end(), report.notes.begin(), report.notes.end());
  recovery.undone_steps += report.undone;
  // A second look in the boot in which it waits: it may wait on.
  const bool waited = transaction_.state == TransactionState::kRebootNeeded &&
                      transaction_.undo_boot_id == machine_.system().boot_id();
  if (waited && report.end == UndoReport::End::kFailed) report.end = UndoReport::End::kRebootNeeded;
  if (!recovery.left) recovery.left = report.left;
  UndoClosing closing;
  closing.transaction_id = transaction_.id;
  closing.operation_id = how.closes_operation ? transaction_.operation_id : 0;
  closing.forget_stopped = how.running == RunningStates::kGiveBack && of_update();
  closing.recovered = how.recovered;
  closing.code = undone_code();
  const TransactionState state = close_undo(session_, report, closing);
  if (session_.journal() == nullptr) {
    recovery.blocked = Failure(ExitCode::kJournalUnusable, "the journal",
                               "record the recovery of " + name() + ", which was undone")
                           .advise("Mend the journal's disk,");
    return;
  }
  if (state != TransactionState::kUndoing) {
    ++recovery.recovered;
    if (state == TransactionState::kRebootNeeded) wait_for_boot(recovery);
    recovery.notes.push_back(
        "Undid " + name() +
        (state != TransactionState::kUndone ? " but for what the next boot finishes."
         : report.left
             ? " but for files that somebody changed meanwhile: " + report.left->message() + "."
             : ": the machine is as it was before it."));
    return;
  }
  fail(report, recovery);
}

bool StoredTransaction::of_update() {
  return transaction_.operation_id != 0 && session_.journal() != nullptr &&
         session_.journal()->operation(transaction_.operation_id).kind == commands::kUpdateKind;
}

// Returns true if the machine was booted since this transaction began, and older ones are undone:
// the boot has ended what this one started, and what runs now runs what they gave back.
bool StoredTransaction::older_are_undone() {
  const bool booted = transaction_.boot_id != machine_.system().boot_id();
  if (!booted || transaction_.operation_id == 0 || session_.journal() == nullptr) return false;
  bool undone = false;
  for (const auto& other : session_.journal()->transactions_of(transaction_.operation_id)) {
    if (other.id >= transaction_.id) continue;
    if (other.state == TransactionState::kCommitted) return false;
    undone = undone || other.state == TransactionState::kUndone;
  }
  return undone;
}

bool StoredTransaction::cloned() const {
  return transaction_.machine_id != machine_.system().machine_id();
}

// Returns the command's exit code once it is undone: 0 if the command was deferred to the next
// boot (it did nothing, and has succeeded), else the cause's code and never 0.
int StoredTransaction::undone_code() const {
  const bool deferred =
      transaction_.state == TransactionState::kRebootNeeded && transaction_.code == 0;
  if (deferred) return static_cast<int>(ExitCode::kSuccess);
  const ExitCode code = Failure::from_json(transaction_.cause).code();
  return static_cast<int>(code == ExitCode::kSuccess ? ExitCode::kGeneric : code);
}

// A program of schema 1 wrote no change; its uninstall makes the same change as every uninstall.
product::InstallationChange StoredTransaction::change_at_end() const {
  return transaction_.installation_change.is_null()
             ? product::removal_change(dependencies_taken())
             : product::installation_change_from(transaction_.installation_change);
}

// Returns what GuestProxyAgent's registration depended on before this uninstall; empty if the
// uninstall does not change it.
std::vector<std::string> StoredTransaction::dependencies_taken() const {
  for (const LiveStep& step : steps_) {
    if (step.action->kind() != actions::services::SetDependencies::kKind || step.before.is_null())
      continue;
    const auto before = actions::services::SetDependencies::read_before(step.before);
    if (before.depends_on) return *before.depends_on;
  }
  return {};
}

void StoredTransaction::begin_attempt(const std::string& what) {
  session_.commit([&](Commit& commit) {
    commit.set_attempts(transaction_.id, transaction_.attempts + 1);
    commit.event(transaction_.id, Level::kWarning, "recovering: " + what);
  });
}

void StoredTransaction::begin_undo(const std::optional<Failure>& cause) {
  Json why = transaction_.cause;
  if (cause) why = cause->to_json();
  if (why.is_null()) {
    why = Failure(ExitCode::kGeneric, transaction_.command,
                  "finish " + transaction_.command +
                      ": its process ended in the middle (killed, or the VM lost power)")
              .advise("Run the command again; it first undoes what is left of this one.")
              .to_json();
  }
  transaction_.cause = why;
  session_.commit([&](Commit& commit) {
    commit.set_attempts(transaction_.id, transaction_.attempts + 1);
    commit.begin_undo(transaction_.id, why, machine_.system().boot_id());
    commit.event(transaction_.id, Level::kWarning, "recovering: undoing " + name());
  });
}

void StoredTransaction::carry_out(StepRunner& runner, LiveStep& step) {
  if (step.state == StepState::kDone) return repeat(step);
  if (step.state == StepState::kPlanned) {
    if (!runner.capture(step)) return record_ended(step);
    session_.commit(
        [&](Commit& commit) { commit.step_armed(transaction_.id, step.position, step.before); });
    step.state = StepState::kArmed;
  }
  runner.apply(step, deadline_);
  record_ended(step);
}

// The journal says that the step is done, and its effect may not have reached the disk: the
// machine is asked.
void StoredTransaction::repeat(LiveStep& step) {
  const auto failure = errors::failure_in([&] {
    if (step.action->probe(machine_, step.before, step.after) == actions::Probe::kAfter) return;
    step.after =
        step.action->apply(machine_, step.before, step_deadline(machine_.system(), deadline_));
  });
  if (failure && step.vital) throw Failure(*failure);
}

void StoredTransaction::record_ended(const LiveStep& step) {
  session_.commit([&](Commit& commit) { write_ended(commit, transaction_.id, step); });
}

// Records that the undo did not reach its end. The attempt counts unless it made progress or ran
// out of time; after kMaxAttempts the transaction is inconsistent.
void StoredTransaction::fail(const UndoReport& report, Recovery& recovery) {
  const Failure failure =
      report.failure.value_or(Failure(ExitCode::kInconsistent, name(), "undo " + name()));
  recovery.blocked = failure;
  if (session_.journal() == nullptr) return;
  const std::int64_t attempts = transaction_.attempts + 1;
  // What is in somebody's use counts once in each boot: not all of it ends with a boot.
  const std::string& earlier = transaction_.undo_boot_id;
  const bool first_of_boot = !earlier.empty() && earlier != machine_.system().boot_id();
  const bool waits =
      report.end == UndoReport::End::kOutOfTime || (report.only_in_use && !first_of_boot);
  if (report.progress || waits) {
    session_.commit([&](Commit& commit) {
      commit.set_attempts(transaction_.id, report.progress ? 0 : transaction_.attempts);
    });
    return;
  }
  if (attempts < kMaxAttempts) return;
  session_.commit([&](Commit& commit) {
    Commit::End end;
    end.state = TransactionState::kInconsistent;
    end.recovered = true;
    end.code = static_cast<int>(ExitCode::kInconsistent);
    end.undo_failure = failure.to_json();
    commit.put_meta(product::meta::kInconsistent, std::to_string(transaction_.id));
    commit.event(transaction_.id, Level::kError,
                 "inconsistent: the undo failed " + std::to_string(attempts) +
                     " times: " + failure.message());
    commit.end_transaction(transaction_.id, end);
    commit.end_operation(transaction_.operation_id, journal::OperationState::kInconsistent);
  });
  recovery.blocked = Failure(
      ExitCode::kInconsistent, name(),
      "undo " + name() + ", after " + std::to_string(attempts) + " attempts: " + failure.message());
}

}  // namespace engine::transaction
