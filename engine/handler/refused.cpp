#include "engine/handler/refused.h"

#include "actions/machine/files.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/handler/execution.h"
#include "engine/handler/listener.h"
#include "engine/handler/refusal_table.h"
#include "engine/handler/stages.h"
#include "engine/planning/command_plan.h"
#include "engine/planning/inherited_steps.h"
#include "engine/planning/install.h"
#include "engine/product/installation_state.h"
#include "engine/product/places.h"
#include "engine/transaction/execute.h"
#include "engine/transaction/plan.h"
#include "engine/transaction/recovery.h"
#include "engine/transaction/refusal.h"
#include "text/sentence.h"

namespace engine::handler {
namespace {

using commands::Command;
using commands::Decision;
using errors::Failure;
using journal::TransactionState;
using transaction::Plan;

// Returns true if recovery ran and left nothing unfinished.
bool is_recovered(const Progress& progress) {
  return progress.recovery && !progress.recovery->blocked && !progress.recovery->reboot_needed;
}

bool is_journal_there(const Context& at) {
  return at.machine.files().stat(product::journal_path(at.machine)).has_value();
}

// Makes the decision after a failure that came before it (the environment or the package could not
// be read), since an update that the command was to go on with has to be undone.
void find_out(const Context& at, Progress& progress) {
  if (!progress.session_begun && is_journal_there(at)) open_and_recover(at, progress);
  if (!progress.has_journal() || !is_recovered(progress)) return;
  const auto open = progress.session->journal()->open_operation();
  if (open && open->state != journal::OperationState::kOpen) return;
  progress.installation = product::installation_state_of(*progress.session->journal());
  detect(at, progress);
  progress.decision = commands::decide(progress.detected->situation);
}

// Plans to give back what disable stopped for an update that was to be opened; empty if nothing.
Plan plan_given_back(const Context& at, const Progress& progress) {
  Plan plan;
  // A disable that holds is the VM Agent's: `setup` gives nothing back for it.
  if (!progress.decision || progress.joins() || commands::is_setup(at.request.command)) return plan;
  const product::InstallationState& installation = progress.state();
  if (commands::opens_update(*progress.decision) || progress.decision == Decision::kRefuse)
    plan = planning::plan_inherited_stops(at.machine, installation);
  if (at.request.command == Command::kUpdate && plan.steps.empty() &&
      planning::predecessor_is_down(at.machine, installation))
    plan = planning::plan_inherited_predecessor(at.machine, installation);
  plan.to_version = progress.detected->incoming.payload;
  return plan;
}

Ended told(const Context& at, const Failure& failure) {
  at.answer.fail(failure);
  at.answer.advise(failure);
  Ended ended;
  ended.unrecorded = failure;
  return ended;
}

// `joins`: the refusal is the open update's, which is undone for it.
Ended recorded(const Context& at, Progress& progress, const Failure& failure, bool joins) {
  Ended ended = told(at, failure);
  if (progress.recovery && progress.recovery->blocked) ended.update = TransactionState::kUndoing;
  at.answer.attempt_to("record the refusal", [&] {
    const planning::Expectation nothing;
    CommandListener listener(at, progress, nothing);
    transaction::Attempt attempt = attempt_of(at, progress);
    if (!joins) attempt.joins = 0;
    ended.transaction_id =
        transaction::record_refusal(at.machine, *progress.session, attempt, failure,
                                    progress.state().settled_version, listener);
    ended.unrecorded.reset();
  });
  return ended;
}

// Records a refusal inside an update, then undoes the whole update, to the state before disable.
Ended update_undone(const Context& at, Progress& progress, const Failure& failure) {
  Ended ended = recorded(at, progress, failure, true);
  if (ended.unrecorded) return ended;
  const journal::Operation& update = *progress.detected->update;
  const std::string name = "the update to " + update.to_version;
  at.answer.attempt_to("undo " + name, [&] {
    const transaction::Recovery undone =
        transaction::undo_operation(at.machine, *progress.session, update.id, at.budget.undo());
    at.answer.note(undone.notes);
    if (undone.blocked) {
      ended.update = TransactionState::kUndoing;
      at.answer.undo_failed(*undone.blocked);
    } else if (undone.reboot_needed) {
      ended.update = TransactionState::kRebootNeeded;
      at.answer.say("The update to " + update.to_version +
                    " was undone but for what the next boot finishes: restart the VM.");
    } else {
      ended.update = TransactionState::kUndone;
      at.answer.say("The update to " + update.to_version +
                    " was undone: " + std::to_string(undone.undone_steps) + " steps.");
    }
  });
  return ended;
}

Ended given_back(const Context& at, Progress& progress, const Plan& plan, const Failure& failure) {
  transaction::Attempt attempt = attempt_of(at, progress);
  attempt.ending = transaction::GivesBack{failure};
  return end_of(at, progress, carry_out_plan(at, progress, plan, attempt));
}

}  // namespace

Ended end_refused(const Context& at, Progress& progress, Failure failure) {
  RefusalSituation situation;
  situation.is_busy = failure.code() == errors::ExitCode::kBusy;
  situation.is_recover = at.request.command == Command::kRecover;
  Plan plan;
  const auto unknown = errors::failure_in([&] {
    situation.in_safe_mode = planning::in_safe_mode(at.machine);
    if (at.row.called_by_vm_agent && !progress.decision) find_out(at, progress);
    plan = plan_given_back(at, progress);
  });
  if (progress.decision)
    failure.tried_again_by(commands::tried_again_by(at.request.command, *progress.decision));
  situation.has_journal = progress.has_journal();
  situation.joins = progress.joins();
  situation.gives_back = !plan.steps.empty();
  situation.reached = Reached::kRecovery;
  if (is_recovered(progress))
    situation.reached = progress.decision && !unknown ? Reached::kDecision : Reached::kCall;
  std::optional<Ended> ended;
  switch (decide_refusal(situation)) {
    case RefusalEnd::kLeftToOther:
      at.answer.say(text::sentence(
          "recover: nothing to do. Another command is at work, and recovers first: " +
          failure.message()));
      return {};
    case RefusalEnd::kTold:
      return told(at, failure);
    case RefusalEnd::kUpdateUndone:
      return update_undone(at, progress, failure);
    case RefusalEnd::kGivenBack:
      at.answer.attempt_to("give back what was stopped for the update",
                           [&] { ended = given_back(at, progress, plan, failure); });
      if (ended) return *ended;
      break;
    case RefusalEnd::kRecorded:
      break;
  }
  return recorded(at, progress, failure, !situation.in_safe_mode);
}

}  // namespace engine::handler
