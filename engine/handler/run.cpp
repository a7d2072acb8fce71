#include "engine/handler/run.h"

#include "actions/machine/system.h"
#include "engine/handler/cleanup.h"
#include "engine/handler/deferral.h"
#include "engine/handler/execution.h"
#include "engine/handler/progress.h"
#include "engine/handler/recover_command.h"
#include "engine/handler/refused.h"
#include "engine/handler/stages.h"
#include "engine/product/installation_state.h"
#include "engine/support/events_folder.h"
#include "engine/support/explain.h"
#include "engine/transaction/budget.h"
#include "text/time.h"

namespace engine::handler {
namespace {

using commands::Command;
using journal::TransactionState;

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

void write_status(const Context& at, const Progress& progress, const Ended& ended) {
  const auto& undo_failure = at.answer.undo_failure();
  if (ended.unrecorded)
    return progress.reports->status_without_journal(*ended.unrecorded, undo_failure,
                                                    ended.components);
  if (ended.transaction_id == 0 || !progress.has_journal()) return;
  journal::Transaction transaction = progress.session->journal()->transaction(ended.transaction_id);
  if (ended.update) transaction.state = *ended.update;
  if (transaction.state == TransactionState::kUndoing) {  // its end is not recorded yet
    transaction.code = static_cast<int>(at.answer.code());
    if (undo_failure) transaction.undo_failure = undo_failure->to_json();
    if (transaction.result.is_null()) transaction.result = ended.components;
  }
  progress.reports->status(transaction);
}

// What this command ended and, where it goes on with the log, what a killed one could not tell.
void write_events(const Context& at, const Progress& progress, const Ended& ended,
                  const std::optional<reports::Logged>& logged) {
  const reports::ReportFolders& folders = progress.reports->folders();
  const support::EventSource source{at.request.handler_version, at.request.process_id};
  const std::int64_t now = at.machine.system().utc_ms();
  nlohmann::json events = nlohmann::json::array();
  if (ended.unrecorded)
    events.push_back(support::event_without_journal(at.row.name, *ended.unrecorded,
                                                    text::utc_text(now), source));
  if (logged) {
    const journal::Journal& journal = *progress.session->journal();
    for (const auto& [id, newest] : logged->transactions) {
      if (!logged->went_on && newest < progress.started_at) continue;
      const auto transaction = journal.find_transaction(id);
      if (!transaction) continue;
      for (nlohmann::json& event : support::events_of(journal, *transaction, source))
        events.push_back(std::move(event));
    }
  }
  support::write_events(at.machine.host(), folders.events, folders.log, now, events);
}

void report(const Context& at, const Progress& progress, const Ended& ended) {
  const bool spent = at.budget.is_spent(at.machine.system());  // the next command writes the rest
  if (progress.reports) {
    std::optional<reports::Logged> logged;
    at.answer.attempt_to("write the log", [&] {
      if (progress.has_journal() && !spent)
        logged = progress.reports->log(*progress.session->journal());
      if (!progress.has_journal() && ended.unrecorded)
        progress.reports->log_without_journal(*ended.unrecorded);
    });
    at.answer.attempt_to("write the status", [&] { write_status(at, progress, ended); });
    at.answer.attempt_to("write the events", [&] { write_events(at, progress, ended, logged); });
  }
  if (progress.has_journal() && !spent && ended.transaction_id != 0 &&
      at.answer.code() != errors::ExitCode::kSuccess) {
    at.answer.attempt_to("explain it", [&] {
      const journal::Journal& journal = *progress.session->journal();
      for (std::string& line :
           support::explain_lines(journal, ended.transaction_id, ended.components))
        at.answer.say(std::move(line));
    });
  }
  if (progress.has_journal() && !spent)
    clean_up(at.machine, *progress.session, ended.settled, at.answer);
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
