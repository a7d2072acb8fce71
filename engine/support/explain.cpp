#include "engine/support/explain.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/support/explanation.h"
#include "engine/support/journal_facts.h"
#include "engine/support/journal_json.h"
#include "text/bounded.h"
#include "text/joined.h"
#include "text/sentence.h"
#include "text/time.h"
#include "text/wrapped.h"

namespace engine::support {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kScreenWidth = 100;
constexpr std::size_t kLabel = 14;

std::string seconds(std::int64_t ms) { return seconds_text(ms) + " s"; }

std::string or_none(const std::string& version) { return version.empty() ? "none" : version; }

std::string what_failed(const Explanation& explanation) {
  if (!explanation.cause)
    return explanation.died ? "Its process died, which is no failure of a step."
                            : "Nothing failed.";
  std::string text = "Could not " + explanation.cause->tried();
  if (explanation.failed_step)
    text += " (step " + std::to_string(explanation.failed_step->position) + " of " +
            std::to_string(explanation.steps) + ", " + explanation.failed_step->kind + ")";
  return text + ".";
}

std::string why(const Explanation& explanation) {
  if (!explanation.cause || !explanation.cause->system()) return "";
  const errors::SystemError& system = *explanation.cause->system();
  std::string text =
      explanation.cause->object() + ": " + system.api + " gave " + std::to_string(system.code);
  if (explanation.meaning != nullptr) text += " (" + std::string(explanation.meaning->name) + ")";
  return text + ", " + text::sentence(system.text);
}

std::string usually(const Explanation& explanation) {
  if (explanation.meaning == nullptr) return "";
  return std::string(explanation.meaning->meaning) + " [" +
         std::string(explanation.meaning->source) + "]";
}

std::string component_text(const Json& row) {
  return text_in(row, "name") + " (" + text_in(row, "status") + "): " + text_in(row, "message");
}

// The components that are not as they should be.
std::vector<std::string> troubled(const Explanation& explanation) {
  std::vector<std::string> rows;
  for (const Json& row : explanation.components) {
    if (text_in(row, "status") != "success") rows.push_back(component_text(row));
  }
  return rows;
}

std::vector<std::string> bounded(std::vector<std::string> lines, std::size_t most) {
  if (lines.size() > most) {
    lines.push_back(std::to_string(lines.size() - most) + " more");
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(most), lines.end() - 1);
  }
  return lines;
}

// On one screen; `explain --json` has all.
std::string undone(const Explanation& explanation) {
  constexpr std::size_t kMost = 10;
  constexpr std::size_t kMostOfOne = 600;  // bytes
  std::string text = std::to_string(explanation.undone) + " steps.";
  for (const std::string& step : bounded(explanation.not_undone, kMost))
    text += "\nNot undone: " + text::bounded(step, kMostOfOne);
  if (explanation.undo_failure && explanation.not_undone.empty())
    text += "\nNot undone: " + explanation.undo_failure->message();
  for (const std::string& object : bounded(explanation.left_alone, kMost))
    text += "\nLeft alone: " + text::bounded(object, kMostOfOne);
  return text;
}

std::string machine_text(const Explanation& explanation) {
  std::string text = "eBPF " + or_none(explanation.version) +
                     (explanation.inconsistent ? ", inconsistent" : "") + ", as of " +
                     (explanation.seen_at.empty() ? "no time" : explanation.seen_at) + ".";
  std::vector<std::string> as_it_should_be;
  for (const Json& row : explanation.components) {
    const bool success = text_in(row, "status") == "success";
    if (success && text_in(row, "message").find("running") == std::string::npos) {
      as_it_should_be.push_back(text_in(row, "name"));
    } else {
      text += "\n" + component_text(row);
    }
  }
  if (!as_it_should_be.empty()) text += "\nAs they should be: " + text::joined(as_it_should_be);
  return text;
}

std::string down(const char* what, const product::Downtime& downtime) {
  return what + (" " + seconds(downtime.ms)) +
         (downtime.since.empty() ? ""
                                 : ", and since " + downtime.since + " (no start is recorded)");
}

std::string process_text(const Explanation& explanation) {
  std::string text = explanation.end + " It ran " + seconds(explanation.ran_ms);
  if (explanation.limit_ms > 0) text += " of the VM Agent's " + seconds(explanation.limit_ms);
  return text + (explanation.died ? ", as far as it left a sign." : ".");
}

// Of the headline, without the outcome: "Transaction 7 of 2026-…, part of the update …".
std::string which(const Explanation& explanation) {
  const journal::Transaction& transaction = explanation.transaction;
  std::string text = "Transaction " + std::to_string(transaction.id) + " of " +
                     transaction.started_at + ", handler " + transaction.program_version;
  if (explanation.update)
    text += ", in the update " + or_none(explanation.update->from_version) + " -> " +
            explanation.update->to_version;
  if (!explanation.failed_step) return text + ".";
  return text + "; failed at step " + std::to_string(explanation.failed_step->position) + " of " +
         std::to_string(explanation.steps) + ", " + explanation.failed_step->kind + " " +
         explanation.failed_step->target + ".";
}

std::string meaning(const Explanation& explanation) {
  if (explanation.meaning == nullptr) return "";
  return std::to_string(explanation.cause->system()->code) + " (" +
         std::string(explanation.meaning->name) + "): " + std::string(explanation.meaning->meaning);
}

Json json_of(const product::Downtime& downtime) {
  return {{"ms", downtime.ms}, {"since", text_or_null(downtime.since)}};
}

}  // namespace

// "enable 0.10.0, undone, exit code 1013: transaction 4 of 2026-11-22T10:18:00.123Z"
std::string headline(const Explanation& explanation) {
  const journal::Transaction& transaction = explanation.transaction;
  const auto code = code_of(transaction);
  std::string text = transaction.command + " " + or_none(transaction.payload_version) + ", " +
                     std::string(journal::outcome(transaction));
  if (code) text += ", exit code " + std::to_string(*code);
  text += ": transaction " + std::to_string(transaction.id) + " of " + transaction.started_at;
  if (!explanation.update) return text;
  std::vector<std::string> ids;
  for (const std::int64_t id : explanation.together)
    ids.push_back(std::to_string(id));
  return text + ", part of the update " + or_none(explanation.update->from_version) + " -> " +
         explanation.update->to_version + " (transactions " + text::joined(ids) + ")";
}

std::vector<ExplainedRow> explained(const Explanation& explanation) {
  std::vector<ExplainedRow> rows{
      {"What failed", what_failed(explanation)},
      {"Why", why(explanation)},
      {"This means", usually(explanation)},
      {"Undone", undone(explanation)},
      {"The machine", machine_text(explanation)},
      {"Before", "eBPF " + or_none(explanation.before) + "."},
      {"Down", down("eBPF", explanation.outage.ebpf) + "; " +
                   down("GuestProxyAgent", explanation.outage.proxy) + "."},
      {"The process", process_text(explanation)},
      {"Next", explanation.next},
      {"What to do", explanation.to_do}};
  std::erase_if(rows, [](const ExplainedRow& row) { return row.text.empty(); });
  return rows;
}

std::string explain_text(const journal::Reader& reader, std::optional<std::int64_t> id) {
  const Explanation explanation = explanation_of(reader, id);
  std::string text = text::wrapped(headline(explanation), kScreenWidth, 0) + "\n\n";
  for (const ExplainedRow& row : explained(explanation)) {
    std::string begin(row.label);
    begin.resize(kLabel, ' ');
    text += begin + text::wrapped(row.text, kScreenWidth, kLabel) + "\n";
  }
  if (!explanation.commands.empty()) text += "\nTo look further, on the VM, as administrator:\n";
  for (const std::string& command : explanation.commands)
    text += "    " + command + "\n";
  return text;
}

std::vector<std::string> explain_lines(const journal::Records& records, std::int64_t id,
                                       const Json& components) {
  constexpr std::size_t kMost = 400;
  constexpr std::size_t kMostOfAKind = 3;
  Explanation explanation = explanation_of(records, id);
  const bool are_of_now =
      components.is_array() ||
      std::ranges::find(explanation.together, explanation.seen_by) != explanation.together.end();
  if (components.is_array()) explanation.components = components;
  std::vector<std::string> lines;
  const auto tell = [&lines](const std::string& line) {
    if (!line.empty()) lines.push_back(text::bounded(line, kMost - 3));
  };
  tell(which(explanation));
  tell(meaning(explanation));
  for (const std::string& step : bounded(explanation.not_undone, kMostOfAKind))
    tell("Not undone: " + step);
  for (const std::string& object : bounded(explanation.left_alone, kMostOfAKind))
    tell("Left alone: " + object);
  tell("Before: eBPF " + or_none(explanation.before) + "; now: eBPF " +
       or_none(explanation.version) + (explanation.inconsistent ? ", inconsistent." : "."));
  for (const std::string& component : bounded(troubled(explanation), kMostOfAKind))
    tell((are_of_now ? "" : "As of " + explanation.seen_at + ": ") + component);
  tell(down("Down: eBPF", explanation.outage.ebpf) + "; " +
       down("GuestProxyAgent", explanation.outage.proxy) + ".");
  if (!explanation.commands.empty()) tell("Look: " + explanation.commands.front());
  tell("More: `ebpf-handler journal explain " + std::to_string(id) + "`, on the VM or of a copy.");
  return lines;
}

Json explain_json(const journal::Reader& reader, std::optional<std::int64_t> id) {
  const Explanation explanation = explanation_of(reader, id);
  const journal::Transaction& transaction = explanation.transaction;
  const auto code = code_of(transaction);
  const auto of = [](const auto& failure) { return failure ? failure->to_json() : Json(); };
  Json json{{"transaction", transaction.id},
            {"transactions", explanation.together},
            {"command", transaction.command},
            {"version", transaction.payload_version},
            {"outcome", journal::outcome(transaction)},
            {"code", code ? Json(*code) : Json()},
            {"started", transaction.started_at},
            {"cause", of(explanation.cause)},
            {"undo_failure", of(explanation.undo_failure)},
            {"undone_steps", explanation.undone},
            {"not_undone", explanation.not_undone},
            {"left_alone", explanation.left_alone},
            {"seen_at", explanation.seen_at},
            {"settled_version", explanation.version},
            {"inconsistent", explanation.inconsistent},
            {"components", explanation.components},
            {"version_before", explanation.before},
            {"ebpf_down", json_of(explanation.outage.ebpf)},
            {"proxy_down", json_of(explanation.outage.proxy)},
            {"process",
             {{"died", explanation.died},
              {"ran_ms", explanation.ran_ms},
              {"limit_ms", explanation.limit_ms},
              {"end", explanation.end}}},
            {"next", explanation.next},
            {"what_to_do", explanation.to_do},
            {"commands", explanation.commands},
            {"warnings", reader.warnings()}};
  json["means"] = explanation.meaning == nullptr ? Json()
                                                 : Json{{"name", explanation.meaning->name},
                                                        {"meaning", explanation.meaning->meaning},
                                                        {"source", explanation.meaning->source}};
  return json;
}

}  // namespace engine::support
