#include "engine/support/progress.h"

#include <algorithm>
#include <vector>

#include "engine/commands/commands.h"
#include "engine/support/journal_facts.h"
#include "engine/support/journal_json.h"
#include "text/time.h"

namespace engine::support {
namespace {

using journal::Step;
using journal::StepState;

// What a transaction may take, which begins behind the recovery. The undo's share is not for its
// steps.
std::int64_t time_of(const std::string& command, bool undoing) {
  const auto known = commands::command_from(command);
  if (!known) return 0;
  const commands::TimeShares& time = commands::row(*known).time;
  return time.work_ms + time.proxy_ms + (undoing ? time.undo_ms : 0);
}

// Forward: the first that is armed. In an undo: the last that is not undone yet.
const Step* at_work(const std::vector<Step>& steps, bool undoing) {
  const auto is_armed = [](const Step& step) { return step.state == StepState::kArmed; };
  const auto is_to_undo = [&is_armed](const Step& step) {
    return is_armed(step) || step.state == StepState::kDone || step.state == StepState::kUndoFailed;
  };
  if (!undoing) {
    const auto found = std::find_if(steps.begin(), steps.end(), is_armed);
    return found == steps.end() ? nullptr : &*found;
  }
  const auto found = std::find_if(steps.rbegin(), steps.rend(), is_to_undo);
  return found == steps.rend() ? nullptr : &*found;
}

}  // namespace

std::optional<RunProgress> progress_of(const journal::Records& records,
                                       std::optional<std::int64_t> now_utc_ms) {
  const auto newest = records.newest_transaction();
  if (!newest) return std::nullopt;
  RunProgress progress;
  progress.transaction = *newest;
  progress.undoing = newest->state == journal::TransactionState::kUndoing;
  progress.running = progress.undoing || newest->state == journal::TransactionState::kOpen;
  const std::vector<Step> steps = records.steps(newest->id);
  progress.steps = steps.size();
  progress.ran_ms = newest->duration_ms;
  if (!progress.running) return progress;
  if (const Step* step = at_work(steps, progress.undoing)) {
    progress.step = static_cast<std::size_t>(step->position);
    progress.doing = step->kind + " " + step->target;
  }
  std::string last_sign = newest->started_at;
  for (const journal::Event& event : records.events(newest->id))
    last_sign = std::max(last_sign, event.at);
  const std::int64_t until = now_utc_ms.value_or(text::utc_ms(last_sign));
  progress.ran_ms = std::max<std::int64_t>(0, until - text::utc_ms(newest->started_at));
  progress.left_ms =
      std::max<std::int64_t>(0, time_of(newest->command, progress.undoing) - progress.ran_ms);
  return progress;
}

std::string progress_phrase(const RunProgress& progress) {
  std::string text;
  if (progress.step != 0) {
    text = std::string(progress.undoing ? "undoing " : "") + "step " +
           std::to_string(progress.step) + " of " + std::to_string(progress.steps) + " (" +
           progress.doing + "), ";
  }
  return text + seconds_text(progress.ran_ms) + " s gone, " + seconds_text(progress.left_ms) +
         " s left";
}

nlohmann::json progress_json(const RunProgress& progress) {
  nlohmann::json json = header_json(progress.transaction);
  json["running"] = progress.running;
  json["undoing"] = progress.undoing;
  json["step"] = progress.step;
  json["steps"] = progress.steps;
  json["doing"] = text_or_null(progress.doing);
  json["ran_ms"] = progress.ran_ms;
  json["left_ms"] = progress.left_ms;
  return json;
}

}  // namespace engine::support
