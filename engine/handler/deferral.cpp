#include "engine/handler/deferral.h"

#include <algorithm>
#include <utility>

#include "actions/machine/system.h"
#include "actions/services/service_control.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/handler/detect.h"
#include "engine/handler/execution.h"
#include "engine/planning/hand_over.h"
#include "engine/planning/recovery_copy.h"
#include "engine/planning/setup.h"
#include "engine/planning/uninstall.h"
#include "engine/product/meta.h"
#include "engine/reports/deferred.h"
#include "engine/transaction/execute.h"
#include "engine/transaction/plan.h"
#include "text/joined.h"
#include "text/sentence.h"

namespace engine::handler {
namespace {

using commands::Command;
using commands::Decision;
using errors::ExitCode;
using errors::Failure;
using journal::TransactionState;
using transaction::Plan;

// Records the command as reboot-needed, with exit code 0.
Ended defer(const Context& at, Progress& progress, const Plan& plan, const Failure& why) {
  transaction::Attempt attempt = attempt_of(at, progress);
  attempt.joins = 0;
  attempt.ending = transaction::WaitsForBoot{why};
  const transaction::Outcome outcome = carry_out_plan(at, progress, plan, attempt);
  if (outcome.cause) return end_of(at, progress, outcome);
  at.answer.note(outcome.notes);
  at.answer.say(at.name() + ": reboot needed. " +
                (plan.steps.empty() ? "What does not stop ends with the boot."
                                    : "eBPF is removed after the boot."));
  at.answer.say(text::sentence("Why: " + why.message()));
  at.answer.say("What to do: " + std::string(reports::deferred_advice(at.row.name)));
  Ended ended;
  ended.transaction_id = outcome.transaction_id;
  return ended;
}

// Defers a disable, and an uninstall of a settled version, which recovery removes after the boot.
// Returns nullopt if the command cannot wait for the boot.
std::optional<Ended> defer_if_possible(const Context& at, Progress& progress, const Failure& why) {
  // An uninstall that hands eBPF over removes nothing, and so has nothing to make up for.
  if (progress.decision == Decision::kHandOver || progress.decision == Decision::kGiveUp)
    return std::nullopt;
  if (planning::is_left_to_other(progress.state(), at.request.command))
    return defer(at, progress, planning::plan_want_given_up(progress.state(), at.request.command),
                 why);
  if (commands::is_removal(at.request.command) && !progress.state().settled_version.empty()) {
    Plan plan = planning::plan_deferred_uninstall(
        progress.state(), planning::arm_recovery(at.machine, at.request.program));
    if (progress.state().wanted_by_setup)
      plan.to_change().forget_meta.emplace_back(product::meta::kWantedBySetup);
    return defer(at, progress, plan, why);
  }
  if (at.request.command == Command::kDisable) return defer(at, progress, {}, why);
  return std::nullopt;
}

// Returns true if an earlier call of this command in this boot met a service that does not stop.
bool is_repeated(const Context& at, const Progress& progress, std::int64_t transaction_id) {
  const auto of_boot = progress.session->journal()->of_boot(at.machine.system().boot_id());
  return std::any_of(of_boot.begin(), of_boot.end(), [&](const journal::Transaction& earlier) {
    return earlier.id < transaction_id && earlier.command == at.row.name &&
           earlier.cause.is_object() &&
           actions::services::does_not_stop(Failure::from_json(earlier.cause));
  });
}

// What an uninstall is for: a removal alone may be made up for behind the boot.
Decision decision_on_uninstall(const Context& at, const Progress& progress) {
  return commands::decide(detect(at.machine, progress.session->journal(), progress.installation,
                                 at.request, progress.sequence_number, {})
                              .situation);
}

// Forgets what was ours and touches nothing: the boot finishes what waits for it, and starts eBPF.
Ended give_up_before_boot(const Context& at, Progress& progress) {
  Plan plan = planning::plan_given_up(at.machine, progress.installation);
  plan.steps.clear();
  transaction::Attempt attempt = attempt_of(at, progress);
  attempt.ending = transaction::Commits{.settles = false, .beside = true};
  return end_of(at, progress, carry_out_plan(at, progress, plan, attempt));
}

}  // namespace

Ended end_before_boot(const Context& at, Progress& progress) {
  const std::vector<std::string>& waits_for = progress.recovery->waits_for;
  const Failure why(ExitCode::kRebootNeeded, "",
                    at.name() + ": an earlier command waits for the next boot" +
                        (waits_for.empty() ? "" : ": " + text::joined(waits_for)));
  if (at.request.command == Command::kUninstall && !progress.state().settled_version.empty()) {
    const Decision decision = decision_on_uninstall(at, progress);
    if (decision == Decision::kGiveUp) return give_up_before_boot(at, progress);
    if (commands::joins_update(decision)) throw Failure(why);
  }
  if (auto ended = defer_if_possible(at, progress, why)) return std::move(*ended);
  throw Failure(why);
}

std::optional<Ended> left_to_boot(const Context& at, Progress& progress,
                                  const transaction::Outcome& outcome) {
  if (!progress.has_journal()) return std::nullopt;
  const bool hangs = outcome.state == TransactionState::kUndone &&
                     actions::services::does_not_stop(*outcome.cause);
  if (!hangs && outcome.state != TransactionState::kRebootNeeded) return std::nullopt;
  if (at.request.command == Command::kDisable && !is_repeated(at, progress, outcome.transaction_id))
    return std::nullopt;
  return defer_if_possible(at, progress, *outcome.cause);
}

}  // namespace engine::handler
