#include "engine/handler/execution.h"

#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/handler/deferral.h"
#include "engine/handler/detect.h"
#include "engine/handler/listener.h"
#include "engine/handler/work_folders.h"
#include "engine/planning/command_plan.h"
#include "engine/planning/enable.h"
#include "engine/planning/planning.h"
#include "engine/product/components.h"
#include "engine/product/meta.h"
#include "engine/transaction/execute.h"

namespace engine::handler {
namespace {

using commands::Decision;
using errors::Failure;
using journal::TransactionState;

// Repeats the failure of an attempt that one of its own commands ended. Of the data path it only
// starts what does not run.
[[noreturn]] void repeat(const Context& at, Progress& progress) {
  const planning::CommandPlan made = planning::plan_starts(at.machine, progress.state());
  if (!made.plan.steps.empty()) {
    at.answer.note(
        carry_out_plan(at, progress, made.plan, attempt_of(at, progress), made.expects).notes);
  }
  const Attempts& attempts = progress.detected->attempts;
  Failure cause = last_failure(attempts, progress.detected->incoming);
  std::string update = "the update of " + attempts.last->opened_at;
  const auto attempted = progress.session->journal()->transactions_of(attempts.last->id);
  if (!attempted.empty())
    update += " (transaction " + std::to_string(attempted.back().id) + " and on)";
  cause.add_context("in " + update + ", which was undone and is not tried again");
  throw Failure(cause);
}

// Returns the services of others that an undo could not start again.
std::vector<std::string> not_started(const Progress& progress) {
  std::vector<std::string> names;
  if (!progress.has_journal()) return names;
  const auto text = progress.session->journal()->meta(product::meta::kNotStarted);
  for (const product::Stopped& service : product::stopped_from_text(text))
    names.push_back(service.name);
  return names;
}

// Returns a sentence for each service of ours that is marked for deletion.
std::vector<std::string> removed_at_boot(machine::Machine& machine) {
  std::vector<std::string> sentences;
  for (const product::Component& component : product::components()) {
    const auto status = machine.services().status(component.service);
    if (!status || !status->marked_for_deletion) continue;
    sentences.push_back("Service " + std::string(component.service) +
                        " is stopped, and a program has it open: the next boot removes its "
                        "registration. Until then it cannot be installed again.");
  }
  return sentences;
}

}  // namespace

Ended execute(const Context& at, Progress& progress) {
  const Detected& detected = *progress.detected;
  if (progress.decision == Decision::kRepeat) repeat(at, progress);
  if (progress.decision == Decision::kRefuse)
    throw too_many_attempts(detected.attempts, at.row.name, detected.incoming);
  const planning::CommandPlan made = planning::make_plan(
      at.machine, detected.installation, detected.own, detected.incoming,
      planning_of(
          at.request, detected,
          work_folder_name(at.machine, progress.session->journal()->next_transaction_id())));
  progress.payload_version = made.plan.to_version;
  // A removal gives room back, and works at every filling of the disk: it needs the last megabyte.
  if (!made.plan.steps.empty() && !(made.plan.is_removal && progress.session->is_short_of_room()))
    progress.session->make_reserve();
  return end_of(at, progress,
                carry_out_plan(at, progress, made.plan, attempt_of(at, progress), made.expects));
}

transaction::Outcome carry_out_plan(const Context& at, const Progress& progress,
                                    const transaction::Plan& plan,
                                    const transaction::Attempt& attempt,
                                    const planning::Expectation& expects) {
  CommandListener listener(at, progress, expects);
  return transaction::run_transaction(at.machine, *progress.session, at.budget, plan, attempt,
                                      listener);
}

Ended end_of(const Context& at, Progress& progress, const transaction::Outcome& outcome) {
  at.answer.note(outcome.notes);
  if (auto left = left_to_boot(at, progress, outcome)) return *left;
  Ended ended;
  ended.transaction_id = outcome.transaction_id;
  if (outcome.state != TransactionState::kCommitted) {
    at.answer.undone(outcome, not_started(progress));
    ended.components = outcome.components;
    if (!progress.has_journal()) ended.unrecorded = outcome.cause;
    return ended;
  }
  ended.settled = progress.has_journal() && !progress.session->journal()->open_operation() &&
                  !progress.session->journal()->meta(product::meta::kUninstallDue);
  const std::string version = progress.version();
  at.answer.say(at.name() + " eBPF" + (version.empty() ? "" : " " + version) +
                (outcome.steps == 0 ? ": nothing to do."
                                    : ": done, " + std::to_string(outcome.steps) + " steps."));
  if (commands::is_removal(at.request.command) || at.request.command == commands::Command::kRecover)
    at.answer.attempt_to("see what the next boot removes",
                         [&] { at.answer.note(removed_at_boot(at.machine)); });
  if (outcome.complaint) at.answer.complain(*outcome.complaint);
  return ended;
}

}  // namespace engine::handler
