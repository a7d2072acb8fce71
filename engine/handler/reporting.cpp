#include "engine/handler/reporting.h"

#include <set>
#include <string>
#include <utility>

#include "actions/machine/system.h"
#include "engine/commands/operation_table.h"
#include "engine/handler/cleanup.h"
#include "engine/reports/log.h"
#include "engine/support/events_folder.h"
#include "engine/support/explain.h"
#include "engine/support/support_copy.h"
#include "text/time.h"

namespace engine::handler {
namespace {

using journal::TransactionState;

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
// Before the log is written, whose lines say what has been told: what is told twice can be seen,
// what is not told cannot.
void write_events(const Context& at, const Progress& progress, const Ended& ended,
                  const reports::Unlogged& unlogged) {
  const reports::ReportFolders& folders = progress.reports->folders();
  const support::EventSource source{at.request.handler_version, at.request.process_id};
  const std::int64_t now = at.machine.system().utc_ms();
  nlohmann::json events = nlohmann::json::array();
  if (ended.unrecorded)
    events.push_back(support::event_without_journal(at.row.name, *ended.unrecorded,
                                                    text::utc_text(now), source));
  std::set<std::int64_t> transactions;
  for (const journal::Event& event : unlogged.events) {
    const bool is_told = !unlogged.goes_on && event.at < progress.started_at;
    if (event.transaction_id != 0 && !is_told) transactions.insert(event.transaction_id);
  }
  for (const std::int64_t id : transactions) {
    const auto transaction = progress.session->journal()->find_transaction(id);
    if (!transaction) continue;
    for (nlohmann::json& event :
         support::events_of(*progress.session->journal(), *transaction, source))
      events.push_back(std::move(event));
  }
  support::write_events(at.machine.host(), folders.events, folders.log, now, events);
}

// Whether somebody may ask how it came to this: the command did not commit, an earlier one that
// died was recovered, or an update ended with it, well or not.
bool is_worth_a_copy(const Context& at, const Progress& progress, const Ended& ended) {
  if (at.answer.code() != errors::ExitCode::kSuccess) return true;
  if (progress.recovery && progress.recovery->recovered > 0) return true;
  if (ended.transaction_id == 0) return false;
  const journal::Journal& journal = *progress.session->journal();
  const journal::Transaction transaction = journal.transaction(ended.transaction_id);
  if (journal::outcome(transaction) != "committed") return true;
  const auto operation = journal.find_operation(transaction.operation_id);
  return operation && operation->kind == commands::kUpdateKind &&
         operation->state != journal::OperationState::kOpen;
}

void copy_for_support(const Context& at, const Progress& progress, const Ended& ended) {
  if (!progress.reports) return;
  at.answer.attempt_to("write the copy for support", [&] {
    if (!is_worth_a_copy(at, progress, ended) || progress.session->is_short_of_room()) return;
    support::write_support_copy(at.machine.host(), *progress.session->journal(),
                                progress.reports->folders().log, at.machine.system().utc_ms());
  });
}

void write_reports(const Context& at, const Progress& progress, const Ended& ended, bool has_time) {
  at.answer.attempt_to("write the status", [&] { write_status(at, progress, ended); });
  reports::Unlogged unlogged;
  at.answer.attempt_to("read what the log has not", [&] {
    if (progress.has_journal() && has_time)
      unlogged = progress.reports->unlogged(*progress.session->journal());
  });
  at.answer.attempt_to("write the events", [&] {
    if (has_time) write_events(at, progress, ended, unlogged);
  });
  at.answer.attempt_to("write the log", [&] {
    progress.reports->log(unlogged);
    if (!progress.has_journal() && ended.unrecorded)
      progress.reports->log_without_journal(*ended.unrecorded);
  });
}

// For those who have nothing but what the command printed.
void explain(const Context& at, const Progress& progress, const Ended& ended) {
  if (ended.transaction_id == 0 || at.answer.code() == errors::ExitCode::kSuccess) return;
  at.answer.attempt_to("explain it", [&] {
    for (std::string& line : support::explain_lines(*progress.session->journal(),
                                                    ended.transaction_id, ended.components))
      at.answer.say(std::move(line));
  });
}

}  // namespace

void report(const Context& at, const Progress& progress, const Ended& ended) {
  // The VM Agent kills a command soon after: then the next one writes the rest.
  const auto may_go_on = [&] { return !at.budget.is_spent(at.machine.system()); };
  if (progress.reports) write_reports(at, progress, ended, may_go_on());
  if (!progress.has_journal()) return;
  if (may_go_on()) explain(at, progress, ended);
  if (may_go_on()) clean_up(at.machine, *progress.session, ended.settled, at.answer);
  if (may_go_on()) copy_for_support(at, progress, ended);
}

}  // namespace engine::handler
