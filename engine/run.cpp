#include "engine/run.h"

#include <utility>

#include "actions/machine/host_files.h"
#include "actions/machine/system.h"
#include "engine/environment.h"
#include "engine/known.h"
#include "engine/log.h"
#include "engine/open_update.h"
#include "engine/operation_table.h"
#include "engine/planning.h"
#include "engine/recovery.h"
#include "engine/recovery_copy.h"
#include "engine/status.h"
#include "engine/survey.h"
#include "engine/transaction.h"
#include "engine/update_plan.h"
#include "engine/work_folders.h"
#include "errors/failure.h"
#include "journal/clock.h"

namespace engine {
namespace {

using errors::ExitCode;
using errors::Failure;
using journal::TransactionState;
using Json = nlohmann::json;

class Run {
 public:
  Run(machine::Machine& machine, const Request& request)
      : machine_(machine),
        request_(request),
        row_(row(request.command)),
        budget_(machine.system(), row_.time) {}

  Reply go() {
    try {
      carry_out();
    } catch (const std::exception& exception) {
      refuse(errors::as_failure(exception));
    }
    report();
    return std::move(reply_);
  }

 private:
  void carry_out() {
    if (request_.command == Command::kReset) {
      say("reset: nothing to do; the next command recovers whatever is open.");
      return;
    }
    if (row_.calls_by_agent) read_call();
    open_store();
    const Recovery recovery = recover(machine_, *store_, budget_.recovery());
    notes_.insert(notes_.end(), recovery.notes.begin(), recovery.notes.end());
    recovery_blocked_ = recovery.blocked.has_value();
    if (recovery.blocked)
      throw Failure(*recovery.blocked).add_context("while recovering what an earlier command left");
    adopt_clone();
    if (recovery.reboot_needed) refuse_before_boot(recovery);
    if (request_.command == Command::kRecover) return end_recovery(recovery.recovered);
    budget_.begin_work(machine_.system());
    known_ = known_of(*store_->journal());
    refuse_if_inconsistent();
    own_ = own_package(machine_, request_);
    payload_version_ = own_.version;  // until the plan says otherwise
    incoming_ = incoming_of(request_, own_, sequence_);
    settle_decision();
    if (standing_.decision == Decision::kRepeat) return repeat();
    carry_out_decision();
  }

  // What the command is to an open update, or to none. One that is in the way is undone first.
  void settle_decision() {
    for (;;) {
      standing_ = stand(machine_, *store_->journal(), request_.command, incoming_, known_);
      const bool leave = standing_.decision == Decision::kStopUndoFirst;
      if (!leave && standing_.decision != Decision::kUndoFirst) return;
      give_up(*standing_.update, leave ? RunningStates::kLeave : RunningStates::kGiveBack);
      known_ = known_of(*store_->journal());
    }
  }

  // An update that nobody goes on with.
  void give_up(const journal::Operation& update, RunningStates running) {
    const Failure cause =
        Failure(ExitCode::kGeneric, "update to " + update.to_version,
                "finish the update to " + update.to_version + ": " + std::string(row_.name) +
                    (request_.command == Command::kRecover
                         ? " found that nobody went on with it"
                         : " of handler " + request_.handler_version + " came instead"))
            .advise("Nothing: it has been undone.");
    const std::vector<Stopped> stopped = known_.disabled;
    store_->commit([&](journal::Commit& commit) {
      commit.begin_operation_undo(update.id, cause.to_json(), "");
      // What is left stopped is started by the command that comes now.
      if (running == RunningStates::kLeave && !stopped.empty())
        commit.put_meta(meta::kDisabled, to_text(stopped));
    });
    const Recovery undone =
        undo_operation(machine_, *store_, update.id, budget_.recovery(), {.running = running});
    notes_.insert(notes_.end(), undone.notes.begin(), undone.notes.end());
    if (undone.blocked)
      throw Failure(*undone.blocked)
          .add_context("while undoing the update to " + update.to_version);
    if (undone.reboot_needed) refuse_before_boot(undone);
  }

  void end_recovery(std::int64_t recovered) {
    const auto update = open_update(*store_->journal());
    if (update && request_.abandoned) {
      known_ = known_of(*store_->journal());
      give_up(*update, RunningStates::kGiveBack);
      say("recover: the update to " + update->to_version + " was undone: nobody went on with it.");
      return;
    }
    say(recovered == 0 ? "recover: nothing to do." : "recover: done.");
    if (update)
      say("An update to " + update->to_version + " is open since " + update->opened_at +
          ": the VM Agent's next command goes on with it; `recover --abandoned` undoes it.");
  }

  void carry_out_decision() {
    Planning planning;
    planning.decision = standing_.decision;
    planning.downgrade = standing_.update && standing_.update->package.empty();
    planning.work_folder = work_folder_name(machine_, store_->journal()->next_transaction_id());
    Outcome outcome;
    try {
      if (standing_.decision == Decision::kRefuse) refuse_attempt();
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
    const bool opens = standing_.decision == Decision::kOpen ||
                       standing_.decision == Decision::kOpenAndSettle ||
                       standing_.decision == Decision::kRefuse;
    Plan plan;
    if (opens) plan = plan_adoption(machine_, known_);
    if (plan.steps.empty()) throw Failure(cause);
    plan.to_version = incoming_.payload;
    Attempt refused = attempt();
    refused.refusal = cause;
    return run_transaction(machine_, *store_, budget_, plan, refused);
  }

  // Why the last attempt was undone. One whose process died has no cause of its own.
  Failure last_failure() const {
    const Json& cause = standing_.attempts.last->cause;
    if (cause.is_object()) return Failure::from_json(cause);
    return {ExitCode::kGeneric, "eBPF " + incoming_.payload,
            "finish the update to " + incoming_.payload +
                ": its process ended in the middle (killed, or the VM lost power)"};
  }

  [[noreturn]] void refuse_attempt() const {
    const Failure last = last_failure();
    throw Failure(last.code(), "eBPF " + incoming_.payload,
                  std::string(row_.name) + " eBPF " + incoming_.payload + ", tried " +
                      std::to_string(kMaxUpdateAttempts) +
                      " times; the last time: " + last.message())
        .advise("Mend the cause, then deploy the extension again with a new sequence number.");
  }

  // The attempt failed by a command of its own: nothing of the data path is touched for saying so.
  void repeat() {
    const Plan plan = plan_starts(machine_, known_);
    if (!plan.steps.empty()) {
      const Outcome outcome = run_transaction(machine_, *store_, budget_, plan, attempt());
      notes_.insert(notes_.end(), outcome.notes.begin(), outcome.notes.end());
    }
    Failure cause = last_failure();
    cause.add_context("in the update of " + standing_.attempts.last->opened_at +
                      ", which was undone");
    throw Failure(cause);
  }

  // What waits for the next boot would be undone beneath whatever is done now.
  [[noreturn]] void refuse_before_boot(const Recovery& recovery) const {
    throw Failure(ExitCode::kRebootNeeded, "the VM",
                  std::string(row_.name) + " before the VM is restarted: " +
                      (recovery.notes.empty() ? "" : recovery.notes.back()));
  }

  void read_call() {
    environment_ = read_environment(machine_.host(), request_.package_root);
    if (row_.checks_sequence_number) {
      sequence_ = sequence_number(machine_.host(), *environment_, request_.sequence_variable);
    }
    check_folders(machine_.host(), *environment_, row_.writes_status);
  }

  void open_store() {
    Store::Options options;
    options.program_version = request_.handler_version;
    options.holder = std::to_string(request_.process_id) + " " + std::string(row_.name);
    options.patience = request_.lock_patience;
    options.on_commit = request_.on_commit;
    store_ = std::make_unique<Store>(machine_, std::move(options));
    notes_.insert(notes_.end(), store_->notes().begin(), store_->notes().end());
  }

  // A cloned image: what was open has been dealt with; from here on the journal is this machine's.
  void adopt_clone() {
    if (store_->journal() == nullptr || !store_->journal()->from_another_machine()) return;
    const std::string machine_id = machine_.system().machine_id();
    store_->commit([&](journal::Commit& commit) {
      commit.put_meta("machine_id", machine_id);
      commit.event(0, journal::Level::kWarning,
                   "This machine is a clone of the one that wrote this journal.");
    });
    notes_.emplace_back(
        "This machine is a clone: running states of the other machine were not given back.");
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

  bool joins_update() const {
    return standing_.update &&
           (standing_.decision == Decision::kJoin || standing_.decision == Decision::kSettle ||
            standing_.decision == Decision::kRetire);
  }

  Attempt attempt() {
    Attempt attempt;
    if (joins_update()) attempt.joins = standing_.update->id;
    attempt.settles = standing_.decision != Decision::kOpen &&
                      standing_.decision != Decision::kJoin &&
                      standing_.decision != Decision::kRetire;
    if (standing_.decision == Decision::kOpen || standing_.decision == Decision::kOpenAndSettle) {
      attempt.opens.kind = kUpdateKind;
      attempt.opens.handler = incoming_.handler;
      attempt.opens.package = incoming_.package;
      attempt.opens.sequence_number = incoming_.sequence_number;
    }
    attempt.command = request_.command;
    attempt.program_version = request_.handler_version;
    attempt.payload_version = payload_version_.empty() ? known_.settled_version : payload_version_;
    attempt.process_id = request_.process_id;
    attempt.sequence_number = sequence_;
    if (row_.writes_status) {
      attempt.survey = [this](machine::Machine& machine, const Settlement& settling,
                              const std::optional<Failure>& cause,
                              const std::vector<GivenUp>& given_up) {
        return survey(machine, after(known_, settling), cause, given_up);
      };
      attempt.on_begin = [this] { write_status(store_->journal()->unfinished().front(), true); };
    }
    return attempt;
  }

  void end(Outcome outcome) {
    notes_.insert(notes_.end(), outcome.notes.begin(), outcome.notes.end());
    transaction_id_ = outcome.transaction_id;
    if (outcome.state == TransactionState::kCommitted) {
      std::string text = std::string(row_.name) + " ";
      text +=
          known_.settled_version.empty() && payload_version_.empty() ? "eBPF" : "eBPF " + version();
      say(text + (outcome.steps == 0 ? ": nothing to do."
                                     : ": done, " + std::to_string(outcome.steps) + " steps."));
      return;
    }
    fail(*outcome.cause);
    say(how_undone(outcome));
    if (outcome.undo_failure) {
      say("Undo failure: " + outcome.undo_failure->message() + ".");
      undo_failure_ = outcome.undo_failure;
    }
    say("What to do: " + outcome.cause->advice());
    if (store_->journal() == nullptr) unrecorded_ = outcome.cause;
  }

  static std::string how_undone(const Outcome& outcome) {
    const std::string undone = "Undone: " + std::to_string(outcome.undone) + " steps. ";
    switch (outcome.state) {
      case TransactionState::kUndone:
        return undone + "The machine is as it was before.";
      case TransactionState::kRebootNeeded:
        return undone + "Restart the VM; the first command after it finishes the undo.";
      case TransactionState::kOpen:
        return "Whether it was committed is not known: the journal cannot be read. Nothing was "
               "undone; the next command that can read it finishes this.";
      default:
        return undone + "The undo did not reach its end.";
    }
  }

  std::string version() const {
    return payload_version_.empty() ? known_.settled_version : payload_version_;
  }

  void fail(const Failure& failure) {
    reply_.code = failure.code();
    reply_.json["failure"] = failure.to_json();
    say(std::string(row_.name) + " failed (" + std::to_string(static_cast<int>(failure.code())) +
        "): " + failure.message() + ".");
  }

  // Before anything was begun: recorded if there is a journal.
  void refuse(const Failure& failure) {
    fail(failure);
    say("What to do: " + failure.advice());
    unrecorded_ = failure;
    if (!store_ || store_->journal() == nullptr || request_.command == Command::kRecover) return;
    attempt_to("record the refusal", [&] {
      transaction_id_ =
          record_refusal(machine_, *store_, attempt(), failure, known_.settled_version);
      unrecorded_.reset();
    });
    if (joins_update() && !unrecorded_) undo_update();
  }

  // A refusal inside an update: the whole of it is undone, to the state before disable.
  void undo_update() {
    attempt_to("undo the update to " + standing_.update->to_version, [&] {
      const Recovery undone =
          undo_operation(machine_, *store_, standing_.update->id, budget_.undo());
      notes_.insert(notes_.end(), undone.notes.begin(), undone.notes.end());
      if (undone.blocked) {
        undo_failure_ = undone.blocked;
        say("Undo failure: " + undone.blocked->message() + ".");
      } else {
        say("The update to " + standing_.update->to_version +
            " was undone: " + std::to_string(undone.undone_steps) + " steps.");
      }
    });
  }

  // Reports are projections of the journal. None of them changes how the command ended.
  void report() {
    if (environment_) {
      if (store_ && store_->journal() != nullptr) {
        attempt_to("write the log",
                   [this] { project_log(*store_->journal(), environment_->log_folder); });
      }
      if (unrecorded_ && (!store_ || store_->journal() == nullptr)) {
        attempt_to("write the log", [this] {
          log_without_journal(environment_->log_folder, now(),
                              std::string(row_.name) + ": " + unrecorded_->message());
        });
      }
      if (row_.writes_status) attempt_to("write the status", [this] { final_status(); });
    }
    if (store_ && store_->journal() != nullptr) tidy();
    for (const std::string& note : notes_)
      say("Note: " + note);
    fill_json();
  }

  void final_status() {
    if (transaction_id_ != 0 && !unrecorded_ && store_ && store_->journal() != nullptr) {
      journal::Transaction transaction = store_->journal()->transaction(transaction_id_);
      if (recovery_blocked_)  // refused, and yet the machine is not as it was
        transaction.state = TransactionState::kUndoing;
      if (transaction.state == TransactionState::kUndoing) {  // its end is not recorded yet
        transaction.code = static_cast<int>(reply_.code);
        if (undo_failure_) transaction.undo_failure = undo_failure_->to_json();
      }
      write_status(transaction, false);
      return;
    }
    if (!unrecorded_) return;
    journal::Transaction transaction;
    transaction.command = row_.name;
    transaction.state = undo_failure_ ? TransactionState::kUndoing : TransactionState::kRefused;
    transaction.started_at = now();
    transaction.code = static_cast<int>(unrecorded_->code());
    transaction.cause = unrecorded_->to_json();
    write_status(transaction, false);
  }

  void write_status(const journal::Transaction& transaction, bool transitioning) {
    if (!sequence_) return;
    const std::string& folder = environment_->status_folder;
    machine_.host().replace(status_path(folder, *sequence_),
                            status_text(transaction, transitioning), folder);
  }

  void tidy() {
    attempt_to("delete work folders", [this] {
      for (std::string& note : clean_work_folders(machine_, *store_))
        notes_.push_back(std::move(note));
    });
    attempt_to("take the recovery copy away", [this] {
      if (store_->journal()->open_operation()) return;
      for (std::string& note : disarm_recovery(machine_))
        notes_.push_back(std::move(note));
    });
    attempt_to("tidy the journal", [this] {
      store_->journal()->prune();
      if (!store_->journal()->checkpoint())
        notes_.emplace_back("The journal could not be checkpointed: a reader has it open.");
    });
  }

  void attempt_to(const std::string& what, const std::function<void()>& work) {
    try {
      work();
    } catch (const std::exception& exception) {
      notes_.push_back("Could not " + what + ": " + errors::as_failure(exception).message() + ".");
    }
  }

  std::string now() { return journal::utc_text(machine_.system().utc_ms()); }

  void say(std::string line) { reply_.lines.push_back(std::move(line)); }

  void fill_json() {
    reply_.json["command"] = row_.name;
    reply_.json["code"] = static_cast<int>(reply_.code);
    reply_.json["name"] = errors::exit_code_row(reply_.code).name;
    reply_.json["transaction"] = transaction_id_ == 0 ? Json() : Json(transaction_id_);
    reply_.json["notes"] = notes_;
    if (undo_failure_) reply_.json["undo_failure"] = undo_failure_->to_json();
  }

  machine::Machine& machine_;
  const Request& request_;
  const CommandRow& row_;
  Budget budget_;
  std::optional<HandlerEnvironment> environment_;
  std::optional<std::int64_t> sequence_;
  std::unique_ptr<Store> store_;
  Known known_;
  OwnPackage own_;
  Incoming incoming_;
  Standing standing_;
  bool recovery_blocked_ = false;  // what an earlier command left is not finished
  std::string payload_version_;
  std::int64_t transaction_id_ = 0;
  std::optional<Failure> unrecorded_;  // a failure that no row of the journal holds
  std::optional<Failure> undo_failure_;
  std::vector<std::string> notes_;
  Reply reply_;
};

}  // namespace

Reply run(machine::Machine& machine, const Request& request) { return Run(machine, request).go(); }

}  // namespace engine
