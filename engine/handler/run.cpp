#include "engine/handler/run.h"

#include "actions/machine/system.h"
#include "engine/handler/deferral.h"
#include "engine/handler/execution.h"
#include "engine/handler/progress.h"
#include "engine/handler/recover_command.h"
#include "engine/handler/refused.h"
#include "engine/handler/reporting.h"
#include "engine/handler/stages.h"
#include "engine/product/installation_state.h"
#include "engine/transaction/budget.h"
#include "text/time.h"

namespace engine::handler {
namespace {

using commands::Command;

Ended carry_out(Context& at, Progress& progress) {
  if (at.request.command == Command::kReset) {
    at.answer.say("reset: nothing to do; the next command recovers whatever is open.");
    return {};
  }
  if (at.row.called_by_vm_agent) read_call(at, progress);
  if (commands::is_setup(at.request.command)) read_setup_call(at, progress);
  open_and_recover(at, progress);
  if (progress.session->adopt_clone())
    at.answer.note(
        "This machine is a clone: running states of the other machine were not given back.");
  progress.installation = product::installation_state_of(*progress.session->journal());
  if (progress.recovery->reboot_needed) return end_before_boot(at, progress);
  at.budget.begin_work(at.machine.system());
  if (at.request.command == Command::kRecover) return end_recovery(at, progress);
  detect_and_decide(at, progress);
  if (!progress.decision) return end_before_boot(at, progress);
  return execute(at, progress);
}

}  // namespace

Reply run(machine::Machine& machine, const Request& request) {
  const commands::CommandRow& row = commands::row(request.command);
  reports::Answer answer(row.name);
  Context at{machine, request, row, transaction::Budget(machine.system(), row.time), answer};
  Progress progress;
  progress.started_at = text::utc_text(machine.system().utc_ms());
  Ended ended;
  const auto failure = errors::failure_in([&] { ended = carry_out(at, progress); });
  if (failure) ended = end_refused(at, progress, *failure);
  report(at, progress, ended);
  return answer.finish(ended.transaction_id);
}

}  // namespace engine::handler
