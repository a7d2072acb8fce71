#include "engine/run.h"

#include <utility>

#include "actions/machine/files.h"
#include "actions/machine/host_files.h"
#include "actions/machine/system.h"
#include "engine/adoption.h"
#include "engine/answer.h"
#include "engine/boot_wait.h"
#include "engine/environment.h"
#include "engine/known.h"
#include "engine/open_update.h"
#include "engine/operation_table.h"
#include "engine/planning.h"
#include "engine/recovery.h"
#include "engine/recovery_copy.h"
#include "engine/refusal.h"
#include "engine/reports.h"
#include "engine/survey.h"
#include "engine/tidy.h"
#include "engine/tracing_tasks.h"
#include "engine/transaction.h"
#include "engine/uninstall_plan.h"
#include "engine/work_folders.h"
#include "errors/failure.h"

namespace engine {
namespace {

using errors::ExitCode;
using errors::Failure;
using journal::TransactionState;
using Json = nlohmann::json;

class CommandRun {
 public:
  CommandRun(machine::Machine& machine, const Request& request)
      : machine_(machine),
        request_(request),
        row_(row(request.command)),
        budget_(machine.system(), row_.time),
        answer_(row_.name) {}

  Reply go() {
    try {
      carry_out();
    } catch (const std::exception& exception) {
      const Failure failure = errors::as_failure(exception);
      if (!refuse_undecided(failure)) refuse(failure);
    }
    report();
    return answer_.finish(transaction_id_);
  }

 private:
  void carry_out() {
    if (request_.command == Command::kReset) {
      answer_.say("reset: nothing to do; the next command recovers whatever is open.");
      return;
    }
    if (row_.calls_by_agent) read_call();
    const Recovery recovery = open_and_recover();
    if (recovery.blocked)
      throw Failure(*recovery.blocked).add_context("while recovering what an earlier command left");
    if (store_->adopt_clone())
      answer_.note(
          "This machine is a clone: running states of the other machine were not given back.");
    known_ = known_of(*store_->journal());
    if (recovery.reboot_needed) return before_boot(recovery);
    budget_.begin_work(machine_.system());
    if (request_.command == Command::kRecover) return end_recovery(recovery.recovered);
    refuse_if_inconsistent();
    own_ = own_package(machine_, request_);
    payload_version_ = own_.version;  // until the plan says otherwise
    incoming_ = incoming_of(request_, own_, sequence_);
    if (!settle_decision()) return;
    forget_removal();
    if (standing_.decision == Decision::kRepeat) return repeat();
    carry_out_decision();
  }

  // What the command is to an open update, or to none. One that is in the way is undone first.
  // False: that waits for the next boot, and the command has been answered.
  bool settle_decision() {
    for (;;) {
      standing_ = stand(machine_, *store_->journal(), request_.command, incoming_, known_);
      const bool leave = standing_.decision == Decision::kStopUndoFirst;
      if (!leave && standing_.decision != Decision::kUndoFirst) {
        decided_ = true;
        return true;
      }
      const Recovery undone =
          give_up(*standing_.update, leave ? RunningStates::kLeave : RunningStates::kGiveBack);
      known_ = known_of(*store_->journal());
      if (!undone.reboot_needed) continue;
      before_boot(undone);
      return false;
    }
  }

  // An update that nobody goes on with.
  Recovery give_up(const journal::Operation& update, RunningStates running) {
    const std::string why =
        request_.command == Command::kRecover
            ? "recover found that nobody went on with it"
            : std::string(row_.name) + " of handler " + request_.handler_version + " came instead";
    Recovery undone = engine::give_up(machine_, *store_, update, why, known_.disabled,
                                      budget_.recovery(), running);
    answer_.note(undone.notes);
    if (undone.blocked) {
      stands_ = TransactionState::kUndoing;
      throw Failure(*undone.blocked)
          .add_context("while undoing the update to " + update.to_version);
    }
    return undone;
  }

  void end_recovery(std::int64_t recovered) {
    const auto update = open_update(*store_->journal());
    const bool given_up =
        update && request_.abandoned && nobody_goes_on(machine_, *store_->journal());
    if (given_up) {
      const Recovery undone = give_up(*update, RunningStates::kGiveBack);
      known_ = known_of(*store_->journal());
      if (undone.reboot_needed) return before_boot(undone);
      answer_.say("recover: the update to " + update->to_version +
                  " was undone: nobody went on with it.");
    } else {
      answer_.say(recovered == 0 ? "recover: nothing to do." : "recover: done.");
    }
    if (update && !given_up) {
      answer_.say("An update to " + update->to_version + " is open since " + update->opened_at +
                  ": " + who_goes_on());
      return;
    }
    const std::string why = removal_due(machine_, *store_->journal(), known_, request_.abandoned);
    if (!why.empty()) return remove_settled(why);
    settled_ = known_.settled_version.empty() && !known_.take_over && !removal_waits();
  }

  void remove_settled(const std::string& why) {
    own_ = own_package(machine_, request_);
    Plan plan =
        plan_uninstall(machine_, known_, own_,
                       work_folder_name(machine_, store_->journal()->next_transaction_id()));
    plan.notes.insert(plan.notes.begin(), why);
    if (!plan.steps.empty()) {
      keep_tasks_off(plan, machine_, known_, true);
      store_->make_reserve();
    }
    Attempt removal = attempt();
    removal.command = Command::kUninstall;
    end(run_transaction(machine_, *store_, budget_, plan, removal));
  }

  bool removal_waits() { return store_->journal()->meta(meta::kUninstallDue).has_value(); }

  // The extension is wanted after all.
  void forget_removal() {
    const bool wanted = request_.command == Command::kInstall ||
                        request_.command == Command::kEnable ||
                        request_.command == Command::kUpdate;
    if (!wanted || !removal_waits()) return;
    store_->commit([](journal::Commit& commit) {
      commit.forget_meta(meta::kUninstallDue);
      commit.event(0, journal::Level::kInfo, "The uninstall that waited is not wanted any more.");
    });
  }

  // Something waits for the next boot, and would be undone then beneath whatever is done now.
  // disable has nothing to add, it holds until a boot anyhow; uninstall is made up for after it;
  // everything else is refused.
  void before_boot(const Recovery& waits) {
    const Failure why = wait_for_boot(row_, waits);
    forget_removal();
    if (can_defer_uninstall()) return defer_uninstall(why);
    if (request_.command != Command::kDisable) throw Failure(why);
    defer({}, why);
  }

  // What recovery removes after the boot is what the journal knows.
  bool can_defer_uninstall() const {
    return request_.command == Command::kUninstall && !known_.settled_version.empty();
  }

  void defer_uninstall(const Failure& why) {
    defer(plan_deferred_uninstall(known_, arm_recovery(machine_, request_.program)), why);
  }

  // The boot comes first: recorded as reboot-needed, exit code 0.
  void defer(const Plan& plan, const Failure& why) {
    Attempt deferred = attempt();
    deferred.joins = 0;
    deferred.settles = false;
    deferred.deferred = why;
    Outcome outcome = run_transaction(machine_, *store_, budget_, plan, deferred);
    if (outcome.cause) return end(std::move(outcome));
    answer_.note(outcome.notes);
    transaction_id_ = outcome.transaction_id;
    answer_.say(std::string(row_.name) + ": reboot needed. " +
                (plan.steps.empty() ? "What does not stop ends with the boot."
                                    : "eBPF is removed after the boot."));
    answer_.say("Why: " + why.message() + ".");
    answer_.advise(why);
  }

  void carry_out_decision() {
    Planning planning;
    planning.decision = standing_.decision;
    planning.downgrade = standing_.update && standing_.update->package.empty();
    planning.work_folder = work_folder_name(machine_, store_->journal()->next_transaction_id());
    Outcome outcome;
    try {
      if (standing_.decision == Decision::kRefuse)
        throw too_many_attempts(standing_.attempts, row_.name, incoming_);
      const Plan plan = make_plan(machine_, request_, known_, own_, incoming_, planning);
      payload_version_ = plan.to_version.empty() ? known_.settled_version : plan.to_version;
      if (!plan.steps.empty()) store_->make_reserve();
      outcome = run_transaction(machine_, *store_, budget_, plan, attempt());
    } catch (const std::exception& exception) {
      outcome = give_back(errors::as_failure(exception));
    }
    end(std::move(outcome));
  }

  // Nothing was begun. A refusal inside an update undoes the update (refuse); one that would have
  // opened it gives back what disable stopped for it.
  Outcome give_back(const Failure& cause) {
    Plan plan;
    if (opens_update(standing_.decision) || standing_.decision == Decision::kRefuse)
      plan = plan_adoption(machine_, known_);
    if (request_.command == Command::kUpdate && plan.steps.empty() &&
        predecessor_is_down(machine_, known_))
      plan = plan_predecessor_adoption(machine_, known_);
    if (plan.steps.empty() || !has_journal()) throw Failure(cause);
    plan.to_version = incoming_.payload;
    Attempt refused = attempt();
    refused.refusal = cause;
    return run_transaction(machine_, *store_, budget_, plan, refused);
  }

  // The attempt failed by a command of its own: nothing of the data path is touched for saying so.
  void repeat() {
    const Plan plan = plan_starts(machine_, known_);
    if (!plan.steps.empty()) {
      const Outcome outcome = run_transaction(machine_, *store_, budget_, plan, attempt());
      answer_.note(outcome.notes);
    }
    Failure cause = last_failure(standing_.attempts, incoming_);
    std::string update = "the update of " + standing_.attempts.last->opened_at;
    const auto attempted = store_->journal()->transactions_of(standing_.attempts.last->id);
    if (!attempted.empty())
      update += " (transaction " + std::to_string(attempted.back().id) + " and on)";
    cause.add_context("in " + update + ", which was undone");
    throw Failure(cause);
  }

  void read_call() {
    HandlerEnvironment environment = read_environment(machine_.host(), request_.package_root);
    reports_.emplace(machine_, row_, environment, std::nullopt);
    if (row_.checks_sequence_number) {
      sequence_ = sequence_number(machine_.host(), environment, request_.sequence_variable);
      reports_.emplace(machine_, row_, environment, sequence_);
    }
    check_folders(machine_.host(), environment, row_.writes_status);
  }

  void open_store() {
    opened_ = true;
    Store::Options options;
    options.program_version = request_.handler_version;
    options.holder = std::to_string(request_.process_id) + " " + std::string(row_.name);
    options.patience = request_.lock_patience;
    options.on_commit = request_.on_commit;
    store_ = std::make_unique<Store>(machine_, std::move(options));
    answer_.note(store_->notes());
  }

  // install and uninstall take such a machine over by looking at it; enable and disable would build
  // on sand.
  void refuse_if_inconsistent() {
    const auto transaction = store_->journal()->meta(meta::kInconsistent);
    if (!transaction || request_.command == Command::kInstall ||
        request_.command == Command::kUninstall)
      return;
    throw Failure(ExitCode::kInconsistent, "transaction " + *transaction,
                  std::string(row_.name) + " while transaction " + *transaction +
                      " is neither done nor undone");
  }

  bool joins() const { return standing_.update && joins_update(standing_.decision); }

  Attempt attempt() {
    Attempt attempt;
    if (joins()) attempt.joins = standing_.update->id;
    attempt.settles = settles(standing_.decision);
    if (opens_update(standing_.decision)) {
      attempt.opens.kind = kUpdateKind;
      attempt.opens.handler = incoming_.handler;
      attempt.opens.package = incoming_.package;
      attempt.opens.sequence_number = incoming_.sequence_number;
    }
    attempt.command = request_.command;
    if (row_.calls_by_agent) attempt.package_folder = request_.package_root;
    attempt.settles_package = attempt.settles && (request_.command == Command::kInstall ||
                                                  request_.command == Command::kEnable);
    attempt.program_version = request_.handler_version;
    attempt.payload_version = payload_version_.empty() ? known_.settled_version : payload_version_;
    attempt.process_id = request_.process_id;
    attempt.sequence_number = sequence_;
    if (row_.writes_status) {
      attempt.survey = [this](machine::Machine& machine, const LastLook* seen,
                              const Settlement& settling, const std::optional<Failure>& cause,
                              const std::vector<GivenUp>& given_up) {
        return survey(machine, after(known_, settling), seen, cause, given_up);
      };
      attempt.on_begin = [this] {
        reports_->status(store_->journal()->unfinished().front(), true);
      };
    }
    return attempt;
  }

  void end(Outcome outcome) {
    answer_.note(outcome.notes);
    transaction_id_ = outcome.transaction_id;
    if (is_left_to_boot(machine_, *store_, request_.command, outcome)) {
      if (can_defer_uninstall()) return defer_uninstall(*outcome.cause);
      if (request_.command == Command::kDisable) return defer({}, *outcome.cause);
    }
    if (outcome.state == TransactionState::kCommitted) {
      settled_ = has_journal() && !store_->journal()->open_operation() && !removal_waits();
      std::string text = std::string(row_.name) + " ";
      text +=
          known_.settled_version.empty() && payload_version_.empty() ? "eBPF" : "eBPF " + version();
      answer_.say(text + (outcome.steps == 0
                              ? ": nothing to do."
                              : ": done, " + std::to_string(outcome.steps) + " steps."));
      if (outcome.complaint) answer_.complain(*outcome.complaint);
      return;
    }
    answer_.undone(outcome);
    if (store_->journal() == nullptr) unrecorded_ = outcome.cause;
  }

  std::string version() const {
    return payload_version_.empty() ? known_.settled_version : payload_version_;
  }

  // A failure before it was known what the command is to an open update (it could not read its
  // environment or package): found out now, so that refuse() undoes the update. Where the command
  // would have opened one, what disable stopped for it is given back here. Whether that was done.
  bool refuse_undecided(const Failure& failure) {
    if (decided_ || stands_ || !row_.calls_by_agent) return false;
    try {
      if (!store_ && !recover_for_refusal()) return false;
      if (store_->journal() == nullptr || !store_->journal()->unfinished().empty()) return false;
      const auto open = store_->journal()->open_operation();
      if (open && open->state != journal::OperationState::kOpen) return false;
      known_ = known_of(*store_->journal());
      incoming_ = incoming_of(request_, own_, sequence_);
      standing_ = stand(machine_, *store_->journal(), request_.command, incoming_, known_);
      if (joins()) return false;
      end(give_back(failure));
      return true;
    } catch (const std::exception&) {
      return false;  // the cause is what refuses
    }
  }

  // Whether the journal that is there, if any, is open and nothing is left to recover.
  bool recover_for_refusal() {
    if (opened_ || !machine_.files().stat(journal_path(machine_))) return false;
    const Recovery recovery = open_and_recover();
    return !recovery.blocked && !recovery.reboot_needed;
  }

  // The journal, and what an earlier command left there, as far as it can be finished.
  Recovery open_and_recover() {
    open_store();
    Recovery recovery = recover(machine_, *store_, budget_.recovery());
    answer_.note(recovery.notes);
    if (recovery.blocked) stands_ = TransactionState::kUndoing;
    return recovery;
  }

  // Before anything was begun: recorded if there is a journal.
  void refuse(const Failure& failure) {
    answer_.fail(failure);
    answer_.advise(failure);
    unrecorded_ = failure;
    if (!has_journal() || request_.command == Command::kRecover) return;
    answer_.attempt_to("record the refusal", [&] {
      transaction_id_ =
          record_refusal(machine_, *store_, attempt(), failure, known_.settled_version);
      unrecorded_.reset();
    });
    if (joins() && !unrecorded_) undo_update();
  }

  // A refusal inside an update: the whole of it is undone, to the state before disable.
  void undo_update() {
    answer_.attempt_to("undo the update to " + standing_.update->to_version, [&] {
      const Recovery undone =
          undo_operation(machine_, *store_, standing_.update->id, budget_.undo());
      answer_.note(undone.notes);
      if (undone.blocked) {
        stands_ = TransactionState::kUndoing;
        answer_.undo_failed(*undone.blocked);
      } else if (undone.reboot_needed) {
        stands_ = TransactionState::kRebootNeeded;
        answer_.say("The update to " + standing_.update->to_version +
                    " was undone but for what the next boot finishes: restart the VM.");
      } else {
        stands_ = TransactionState::kUndone;
        answer_.say("The update to " + standing_.update->to_version +
                    " was undone: " + std::to_string(undone.undone_steps) + " steps.");
      }
    });
  }

  bool has_journal() const { return store_ && store_->journal() != nullptr; }

  void report() {
    const bool spent = budget_.is_spent(machine_.system());  // the next command writes the rest
    if (reports_) {
      answer_.attempt_to("write the log", [&] {
        if (has_journal() && !spent) reports_->log(*store_->journal());
        if (!has_journal() && unrecorded_) reports_->log_without_journal(*unrecorded_);
      });
      answer_.attempt_to("write the status", [this] { report_status(); });
    }
    if (has_journal() && !spent) tidy(machine_, *store_, settled_, answer_);
  }

  void report_status() {
    if (unrecorded_) return reports_->status_without_journal(*unrecorded_, answer_.undo_failure());
    if (transaction_id_ == 0 || !has_journal()) return;
    journal::Transaction transaction = store_->journal()->transaction(transaction_id_);
    if (stands_) transaction.state = *stands_;
    if (transaction.state == TransactionState::kUndoing) {  // its end is not recorded yet
      transaction.code = static_cast<int>(answer_.code());
      if (answer_.undo_failure()) transaction.undo_failure = answer_.undo_failure()->to_json();
    }
    reports_->status(transaction);
  }

  machine::Machine& machine_;
  const Request& request_;
  const CommandRow& row_;
  Budget budget_;
  Answer answer_;
  std::optional<Reports> reports_;
  std::optional<std::int64_t> sequence_;
  std::unique_ptr<Store> store_;
  Known known_;
  OwnPackage own_;
  Incoming incoming_;
  Standing standing_;
  bool settled_ = false;  // nothing is open, and what there is is as the journal says
  bool opened_ = false;   // or tried to
  bool decided_ = false;  // what it is to an open update
  // Refused, and yet what was there is not as it was: an update has been undone, or is to be.
  std::optional<TransactionState> stands_;
  std::string payload_version_;
  std::int64_t transaction_id_ = 0;
  std::optional<Failure> unrecorded_;  // a failure that no row of the journal holds
};

}  // namespace

Reply run(machine::Machine& machine, const Request& request) {
  return CommandRun(machine, request).go();
}

}  // namespace engine
