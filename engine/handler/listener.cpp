#include "engine/handler/listener.h"

#include "engine/commands/commands.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/product/installation_change.h"
#include "engine/product/installation_state.h"
#include "engine/reports/component_status.h"
#include "engine/support/progress.h"
#include "engine/transaction/outcome.h"

namespace engine::handler {

void CommandListener::on_begin() {
  if (!at_.row.writes_status) return;
  told_ms_ = at_.machine.system().monotonic_ms();
  progress_.reports->status_under_way(progress_.session->journal()->unfinished().front(), "");
}

// Where the steps are quick, nobody could read it.
void CommandListener::on_step() {
  constexpr std::int64_t kQuickMs = 5000;
  machine::System& system = at_.machine.system();
  if (!at_.row.writes_status || system.monotonic_ms() < told_ms_ + kQuickMs) return;
  told_ms_ = system.monotonic_ms();
  const auto progress = support::progress_of(*progress_.session->journal(), system.utc_ms());
  if (progress)
    progress_.reports->status_under_way(progress->transaction, support::progress_phrase(*progress));
}

transaction::Judgement CommandListener::judge(machine::Deadline deadline,
                                              std::int64_t started_utc_ms) {
  if (!expects_.proxy) return {};
  product::ProxyJudgement proxy =
      product::judge_proxy(at_.machine, *expects_.proxy, deadline, started_utc_ms);
  // An enable stops a roll-out by its complaint; behind an uninstall the other handler's does.
  if (at_.request.command == commands::Command::kUninstall && proxy.complaint)
    return {proxy.complaint->message(), journal::Level::kWarning, std::nullopt};
  return {std::move(proxy.note), proxy.level, std::move(proxy.complaint)};
}

void CommandListener::look_last() {
  if (!expects_.version_to_be) return;
  seen_ = product::last_look(at_.machine, *expects_.version_to_be, expects_.occasion);
}

actions::Json CommandListener::component_status(const product::InstallationChange& change,
                                                const std::optional<errors::Failure>& cause,
                                                const std::vector<transaction::GivenUp>& given_up) {
  if (!at_.row.writes_status) return nullptr;
  actions::Json rows =
      reports::component_status(at_.machine, product::after(progress_.state(), change),
                                seen_ ? &*seen_ : nullptr, cause, given_up, expects_.neighbours);
  if (!expects_.newer_left.empty()) rows.push_back(reports::newer_row(expects_.newer_left));
  return rows;
}

}  // namespace engine::handler
