#include "engine/handler/recover_command.h"

#include <algorithm>
#include <vector>

#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "engine/handler/abandonment.h"
#include "engine/handler/deferral.h"
#include "engine/handler/execution.h"
#include "engine/handler/stages.h"
#include "engine/handler/work_folders.h"
#include "engine/planning/hand_over.h"
#include "engine/planning/incoming.h"
#include "engine/planning/services.h"
#include "engine/planning/tracing_tasks.h"
#include "engine/planning/uninstall.h"
#include "engine/product/installation_state.h"
#include "engine/product/meta.h"
#include "engine/product/predecessor.h"
#include "engine/reports/open_update.h"
#include "engine/transaction/execute.h"
#include "engine/transaction/plan.h"
#include "engine/transaction/undo.h"

namespace engine::handler {
namespace {

using commands::Command;
using transaction::Plan;

// Does what uninstall does: where another handler's update has taken eBPF over, it only forgets.
Ended remove_settled(const Context& at, Progress& progress, const std::string& why) {
  const planning::OwnPackage own =
      planning::own_package(at.machine.host(), at.request.package_root, at.request.command);
  Plan plan =
      product::is_taken_over(at.machine, progress.installation)
          ? planning::plan_given_up(at.machine, progress.installation)
          : planning::plan_uninstall(
                at.machine, progress.installation, own,
                work_folder_name(at.machine, progress.session->journal()->next_transaction_id()));
  plan.notes.insert(plan.notes.begin(), why);
  if (!plan.steps.empty()) {
    planning::keep_tasks_off(plan, at.machine, progress.installation, true);
    progress.session->make_reserve();
  }
  transaction::Attempt attempt = attempt_of(at, progress);
  attempt.command = Command::kUninstall;
  return end_of(at, progress, carry_out_plan(at, progress, plan, attempt));
}

// Tries once more to start the services of others that an undo could not start.
void start_missing(const Context& at, Progress& progress) {
  const Plan plan = planning::plan_missing_starts(at.machine, progress.installation);
  if (!plan.steps.empty())
    at.answer.note(carry_out_plan(at, progress, plan, attempt_of(at, progress)).notes);
  const std::vector<product::Stopped>& services = progress.installation.not_started;
  const bool missing =
      std::any_of(services.begin(), services.end(), [&](const product::Stopped& service) {
        const auto status = at.machine.services().status(service.name);
        return status && status->state != machine::ServiceState::kRunning;
      });
  if (missing || services.empty()) return;
  progress.session->commit(
      [](journal::Commit& commit) { commit.forget_meta(product::meta::kNotStarted); });
}

}  // namespace

Ended end_recovery(const Context& at, Progress& progress) {
  journal::Journal& journal = *progress.session->journal();
  const std::int64_t recovered = progress.recovery->recovered;
  const auto update = open_update(journal);
  const bool given_up = update && at.request.abandoned && nobody_goes_on(at.machine, journal);
  if (given_up) {
    give_up(at, progress, *update, transaction::RunningStates::kGiveBack);
    if (progress.recovery->reboot_needed) return end_before_boot(at, progress);
    at.answer.say("recover: the update to " + update->to_version +
                  " was undone: nobody went on with it.");
  } else {
    at.answer.say(recovered == 0 ? "recover: nothing to do." : "recover: done.");
  }
  Ended ended;
  if (update && !given_up) {
    at.answer.say("An update to " + update->to_version + " is open since " + update->opened_at +
                  ": " + reports::who_goes_on());
    return ended;
  }
  const product::InstallationState& installation = progress.installation;
  const std::string why =
      removal_due(at.machine, *progress.session->journal(), installation, at.request.abandoned);
  if (!why.empty()) return remove_settled(at, progress, why);
  at.answer.attempt_to("start what the undo could not start", [&] { start_missing(at, progress); });
  ended.settled = installation.settled_version.empty() && !installation.take_over &&
                  !installation.removal_waits;
  return ended;
}

}  // namespace engine::handler
