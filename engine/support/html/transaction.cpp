#include "engine/support/html/transaction.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "engine/support/html/difference.h"
#include "engine/support/html/scale.h"
#include "engine/support/html/text.h"
#include "engine/support/journal_facts.h"
#include "engine/support/journal_json.h"
#include "text/sentence.h"
#include "text/time.h"

namespace engine::support::html {
namespace {

using journal::Step;
using journal::StepState;
using journal::Transaction;

constexpr std::size_t kLongMessage = 3000;
constexpr std::size_t kLongName = 400;

std::string paragraph(std::string_view label, const std::string& text, std::string_view style) {
  if (text.empty()) return "";
  return element("p", element("b", label) + " " + escaped(text, kLongMessage),
                 " class=\"" + std::string(style) + "\"");
}

// From its begin to the last thing that its own process did; to the end of its undo too, unless
// that came so much later that nothing else would be seen.
Scale scale_of(const Transaction& transaction, const std::vector<Step>& steps) {
  constexpr std::int64_t kMuchLonger = 20;
  Scale scale;
  scale.from = text::utc_ms(transaction.started_at);
  scale.to = std::max(scale.from + 1, own_end(transaction, steps));
  std::int64_t undone = scale.to;
  for (const Step& step : steps)
    undone = std::max(undone, text::utc_ms(step.undone_at));
  if (undone - scale.from < kMuchLonger * (scale.to - scale.from)) scale.to = undone;
  return scale;
}

std::string state_words(const Step& step) {
  if (step.error.is_object() && step.state == StepState::kUndone) return "failed, undone";
  if (step.state == StepState::kPlanned) return "not begun";
  if (step.state == StepState::kArmed) return "begun, no end recorded";
  if (step.state == StepState::kUndoFailed) return "NOT undone";
  if (step.state == StepState::kFailed) return "failed, went on without";
  return state_text(step.state);
}

Mark mark_of_step(const Step& step) {
  if (step.state == StepState::kUndoFailed) return {"✕", "bad"};
  if (step.error.is_object()) return step.vital ? Mark{"✕", "bad"} : Mark{"!", "careful"};
  if (step.state == StepState::kDone) return {"✓", "good"};
  if (step.state == StepState::kUndone) return {"↺", "careful"};
  return {"·", "open"};
}

std::string differences_html(const Step& step) {
  constexpr std::array<std::string_view, 5> kWords{"changed", "after", "before", "asked", "same"};
  constexpr std::size_t kWordWidth = 9;
  const Differences all = differences(step.parameters, step.before, step.after);
  std::string lines;
  for (const Difference& row : all.rows) {
    std::string line(kWords.at(static_cast<std::size_t>(row.kind)));
    line.resize(kWordWidth, ' ');
    line += escaped(row.field, kLongName) + ": ";
    const std::string before = escaped(row.before);
    if (row.kind == Difference::Kind::kChanged) {
      lines +=
          element("b", line + element("del", before) + " → " + element("ins", escaped(row.after)));
    } else {
      lines += line + before;
    }
    lines += '\n';
  }
  if (all.left_out > 0) lines += "and " + std::to_string(all.left_out) + " more\n";
  if (!step.damage.empty()) lines += "damaged: " + escaped(step.damage) + "\n";
  return lines.empty() ? "" : element("pre", lines);
}

std::string what_cell(const Step& step, Detail detail) {
  std::string what = escaped(step.sentence, kLongName);
  std::string kind = step.kind;
  if (step.sentence.find(step.target) == std::string::npos) kind += " " + step.target;
  what += " " + element("small", escaped(kind, kLongName));
  const std::string images = detail == Detail::kAll ? differences_html(step) : "";
  std::string cell = images.empty() ? what : element("details", element("summary", what) + images);
  if (const auto failure = failure_of(step.error))
    cell += paragraph("Failed:", text::sentence(failure->message()), "bad");
  if (const auto failure = failure_of(step.undo_error))
    cell += paragraph("Undo failure:", text::sentence(failure->message()), "bad");
  for (const std::string& object : step.foreign)
    cell += paragraph("Left alone:", object, "careful");
  return element("td", cell);
}

std::string step_row(const Step& step, const Scale& scale, Detail detail) {
  const std::int64_t begin = text::utc_ms(step.armed_at);
  const std::int64_t undone = text::utc_ms(step.undone_at);
  const std::int64_t end = step.ended_at == step.undone_at ? -1 : text::utc_ms(step.ended_at);
  const Mark mark = mark_of_step(step);
  std::string picture;
  if (begin >= 0) picture += bar(scale, begin, std::max(begin, end), mark.style);
  if (undone >= 0) picture += tick(scale, undone, "undone");
  std::string state = marked(mark, state_words(step));
  if (undone >= 0) state += element("small", " at +" + seconds_text(undone - scale.from) + " s");
  return element(
             "tr",
             element("td", std::to_string(step.position), " class=\"n\"") +
                 what_cell(step, detail) + element("td", state) +
                 element("td", begin < 0 ? "" : "+" + seconds_text(begin - scale.from) + " s",
                         " class=\"n wide\"") +
                 element("td", end < 0 ? "" : seconds_text(step.duration_ms) + " s",
                         " class=\"n\"") +
                 element("td", picture.empty() ? "" : drawing(picture, ""), " class=\"scale\"")) +
         "\n";
}

// Its cells are those of a step, so that what is left out on a narrow screen is left out here too.
std::string band_row(std::string_view name, const Scale& scale, const product::Downtime& down) {
  return element(
      "tr", element("th", element("span", name) + " " + element("small", escaped(in_words(down))),
                    " scope=\"row\" colspan=\"3\"") +
                element("td", "", " class=\"wide\"") + element("td", "") +
                element("td", band(scale, down), " class=\"scale\""));
}

std::string steps_html(const Transaction& transaction, const std::vector<Step>& steps,
                       const product::Outage& outage, Detail detail) {
  if (steps.empty()) return element("p", "It had no steps.", " class=\"facts\"");
  const Scale scale = scale_of(transaction, steps);
  std::string head =
      R"(<tr><th scope="col" class="n">N</th><th scope="col">Step</th><th scope="col">State</th>)"
      R"(<th scope="col" class="n wide">At</th><th scope="col" class="n">Took</th>)"
      R"(<th scope="col" class="scale"><span class="axis"><span>0 s</span><span>)" +
      seconds_text(scale.to - scale.from) + " s</span></span></th></tr>";
  std::string rows =
      band_row("eBPF", scale, outage.ebpf) + band_row("GuestProxyAgent", scale, outage.proxy);
  for (const Step& step : steps)
    rows += step_row(step, scale, detail);
  return element("table", element("thead", head) + element("tbody", rows), " class=\"steps\"");
}

std::string event_item(const journal::Event& event) {
  const bool is_info = event.level == journal::Level::kInfo;
  return element("li", element("small", escaped(event.at, kLongName)) + " " +
                           (is_info ? "" : element("b", journal::to_text(event.level)) + " ") +
                           escaped(event.text, kLongMessage));
}

std::string facts_html(const Transaction& transaction) {
  std::string facts = "Handler " + escaped(transaction.program_version, kLongName) + ", process " +
                      std::to_string(transaction.process_id);
  if (transaction.sequence_number)
    facts += ", sequence number " + std::to_string(*transaction.sequence_number);
  facts += ", started " + escaped(transaction.started_at) + ", " +
           (transaction.ended_at.empty() ? std::string("not ended")
                                         : "ended " + escaped(transaction.ended_at));
  if (transaction.recovered) facts += ", by a later command: its own process had died";
  if (!transaction.damage.empty()) facts += ", damaged: " + escaped(transaction.damage);
  return element("p", facts + ".", " class=\"facts\"");
}

}  // namespace

std::int64_t own_end(const Transaction& transaction, const std::vector<Step>& steps) {
  const std::string_view outcome = journal::outcome(transaction);
  const bool is_own = !transaction.recovered && outcome != "undone";
  std::int64_t end = is_own ? text::utc_ms(transaction.ended_at) : -1;
  for (const Step& step : steps) {
    if (step.ended_at != step.undone_at) end = std::max(end, text::utc_ms(step.ended_at));
  }
  return std::max(end, text::utc_ms(transaction.started_at));
}

Mark mark_of(std::string_view outcome, bool complained) {
  if (outcome == "committed") return complained ? Mark{"!", "careful"} : Mark{"✓", "good"};
  if (outcome == "recovered-after" || outcome == "settled") return {"✓", "good"};
  if (outcome == "open" || outcome == "undoing") return {"…", "open"};
  if (outcome == "refused") return {"⊘", "careful"};
  if (outcome == "reboot-needed") return {"↻", "careful"};
  if (outcome == "undone" || outcome == "recovered-before") return {"↺", "bad"};
  return {"✕", "bad"};
}

std::string marked(const Mark& mark, std::string_view word) {
  return element("span", element("i", mark.sign, " aria-hidden=\"true\"") + " " + escaped(word),
                 " class=\"mark " + std::string(mark.style) + "\"");
}

std::string told_html(const Transaction& transaction, const std::vector<Step>& steps) {
  const auto cause = failure_of(transaction.cause);
  const auto undo_failure = undo_failure_of(transaction, steps);
  std::string html;
  if (cause) html += paragraph("Cause:", text::sentence(cause->message()), "bad");
  if (undo_failure)
    html += paragraph("Undo failure:", text::sentence(undo_failure->message()), "bad");
  if (!is_failure(transaction)) return html;
  return html + paragraph("What to do:", what_to_do(transaction, cause, undo_failure), "to-do");
}

std::string events_html(const journal::Records& records, std::int64_t transaction_id) {
  constexpr std::size_t kMost = 60;
  constexpr std::size_t kMostBytes = 20'000;
  std::vector<journal::Event> events = records.events(transaction_id);
  std::erase_if(events, [](const journal::Event& event) {
    return event.level == journal::Level::kInfo && event.text.starts_with("step ");
  });
  if (events.empty()) return "";
  std::string items;
  std::size_t older = events.size();
  while (older > 0 && events.size() - older < kMost) {
    const std::string item = event_item(events[older - 1]);
    if (items.size() + item.size() > kMostBytes) break;
    items.insert(0, item);
    --older;
  }
  if (older > 0) items.insert(0, element("li", std::to_string(older) + " older ones"));
  return element("details", element("summary", std::to_string(events.size()) +
                                                   (events.size() == 1 ? " event" : " events")) +
                                element("ul", items, " class=\"events\""));
}

std::string transaction_html(const journal::Records& records, const Transaction& transaction,
                             const std::vector<Step>& steps, const product::Outage& outage,
                             Detail detail, bool heading) {
  std::string html;
  if (heading) {
    const std::string_view outcome = journal::outcome(transaction);
    const auto code = code_of(transaction);
    html += element("h3", escaped(transaction.command, kLongName) + " " +
                              element("small", "transaction " + std::to_string(transaction.id)) +
                              " " + marked(mark_of(outcome, code.value_or(0) != 0), outcome) +
                              (code && *code != 0 ? ", exit code " + std::to_string(*code) : ""));
    html += told_html(transaction, steps);
  }
  html += facts_html(transaction) + steps_html(transaction, steps, outage, detail);
  if (detail == Detail::kAll) html += events_html(records, transaction.id);
  return element("section", html);
}

}  // namespace engine::support::html
