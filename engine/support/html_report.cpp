#include "engine/support/html_report.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

#include "actions/machine/sha256.h"
#include "engine/support/explain.h"
#include "engine/support/explanation.h"
#include "engine/support/html/operation.h"
#include "engine/support/html/overview.h"
#include "engine/support/html/page_files.h"
#include "engine/support/html/text.h"
#include "engine/support/journal_facts.h"
#include "text/bounded.h"
#include "text/sentence.h"

namespace engine::support {
namespace {

using html::Detail;
using html::element;
using html::escaped;
using html::OperationView;

// A file of the page's static part, by the end of its name.
std::string_view page_file(std::string_view name) {
  const auto found = std::ranges::find_if(
      html::kPageFiles, [name](const auto& file) { return file.first.ends_with(name); });
  return found->second;
}

// The digest of a style or script as a policy wants it: of its 32 bytes, in base64.
std::string digest(std::string_view text) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  constexpr unsigned kSixBits = 0x3F;
  const std::string hex = machine::sha256_of(text) + "00";  // three digits are two letters
  std::string letters;
  for (std::size_t i = 0; i < hex.size(); i += 3) {
    unsigned value = 0;
    for (std::size_t j = i; j < i + 3; ++j)
      value = value << 4U | static_cast<unsigned>(kHexDigits.find(hex[j]));
    letters += kLetters[value >> 6U];
    letters += kLetters[value & kSixBits];
  }
  letters.back() = '=';  // it stands for the two zeros
  return "'sha256-" + letters + "'";
}

std::string head(const std::string& title) {
  const std::string policy = "default-src 'none'; style-src " + digest(page_file("style.css")) +
                             "; script-src " + digest(page_file("filter.js")) +
                             "; base-uri 'none'; form-action 'none'";
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"" +
         policy +
         "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         "<meta name=\"referrer\" content=\"no-referrer\">\n" +
         element("title", escaped(title)) + "\n" + element("style", page_file("style.css")) +
         "\n</head>\n";
}

// Whatever the journal holds, what stands above and below the operations takes little of the page.
constexpr std::size_t kMostOfText = 3000;  // bytes of a journal's text, before it is escaped
constexpr std::size_t kMostOfName = 100;

// Each line of the text is one of its own on the page.
std::string lines_html(const std::string& whole) {
  const std::string text = text::bounded(whole, kMostOfText);
  std::string html;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    html += (begin == 0 ? "" : "<br>") + escaped(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return html;
}

// What a row of `explain` says, but for the machine, which has a card of its own.
std::string failure_card(const Explanation& explanation, const std::string& place,
                         const std::string& since) {
  const std::vector<ExplainedRow> rows = explained(explanation);
  std::string list;
  for (const ExplainedRow& row : rows) {
    if (row.label == "What failed" || row.label == "The machine") continue;
    const bool to_do = row.label == "What to do";
    list += element("dt", row.label, to_do ? " class=\"to-do\"" : "") +
            element("dd", lines_html(row.text), to_do ? " class=\"to-do\"" : "");
  }
  std::string commands;
  for (const std::string& command : explanation.commands)
    commands += escaped(command, kMostOfText) + "\n";
  return element(
      "section",
      element("h2", "The last failure") +
          element("p", escaped(rows.front().text, kMostOfText), " class=\"headline\"") +
          element("p",
                  escaped(headline(explanation), kMostOfText) + ". " +
                      element("a", "Its steps", " href=\"#" + place + "\"") + ".",
                  " class=\"facts\"") +
          (since.empty() ? "" : element("p", escaped(since, kMostOfText), " class=\"since\"")) +
          element("dl", list) +
          (commands.empty() ? ""
                            : element("p", "To look further, on the VM, as administrator:") +
                                  element("pre", commands, " class=\"commands\"")),
      " class=\"card failure\"");
}

std::string no_failure_card(bool is_empty) {
  return element("section",
                 element("h2", "The last failure") +
                     element("p",
                             is_empty ? "No command has run."
                                      : "Nothing failed in the commands that are shown.",
                             " class=\"headline\""),
                 " class=\"card\"");
}

std::string machine_card(const Explanation& explanation) {
  const bool is_well = !explanation.inconsistent;
  constexpr std::size_t kMost = 30;
  constexpr std::size_t kMostOfMessage = 600;
  const std::size_t count = explanation.components.size();
  std::string rows;
  for (std::size_t i = 0; i < std::min(count, kMost); ++i) {
    const nlohmann::json& row = explanation.components[i];
    const std::string status = text_in(row, "status");
    const html::Mark mark = status == "success"   ? html::Mark{"✓", "good"}
                            : status == "warning" ? html::Mark{"!", "careful"}
                                                  : html::Mark{"✕", "bad"};
    rows +=
        element("tr", element("th", escaped(text_in(row, "name"), kMostOfName), " scope=\"row\"") +
                          element("td", html::marked(mark, text::bounded(status, kMostOfName))) +
                          element("td", escaped(text_in(row, "message"), kMostOfMessage)));
  }
  if (count > kMost)
    rows += element("tr", element("td", std::to_string(count - kMost) + " more", " colspan=\"3\""));
  return element(
      "section",
      element("h2", "The machine, as the journal saw it last") +
          element(
              "p",
              (explanation.version.empty() ? std::string("No eBPF")
                                           : "eBPF " + escaped(explanation.version, kMostOfName)) +
                  (is_well ? "" : ", " + html::marked({"✕", "bad"}, "inconsistent")),
              " class=\"headline\"") +
          element("p",
                  "As of " +
                      escaped(explanation.seen_at.empty() ? "no time" : explanation.seen_at,
                              kMostOfName) +
                      ".",
                  " class=\"facts\"") +
          (rows.empty() ? "" : element("table", element("tbody", rows), " class=\"components\"")),
      " class=\"card\"");
}

// What came after the failure, so that nobody mends what works again.
std::string since_then(const std::vector<OperationView>& operations, std::size_t failed) {
  const std::size_t after = operations.size() - 1 - failed;
  if (after == 0) return "";
  const OperationView& newest = operations.back();
  return "Since then: " + std::to_string(after) +
         (after == 1 ? " operation that did not fail, "
                     : " operations that did not fail, the newest ") +
         newest.title() + ", " + std::string(newest.outcome()) + ", of " +
         newest.transactions.front().started_at + ".";
}

std::string cards(const journal::Records& records, const std::vector<OperationView>& operations) {
  if (operations.empty()) return element("div", no_failure_card(true), " class=\"cards\"");
  std::optional<std::size_t> failed;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].has_failed()) failed = i;
  }
  const OperationView& told = operations[failed.value_or(operations.size() - 1)];
  const Explanation explanation = explanation_of(records, told.decisive().id);
  return element(
      "div",
      (failed ? failure_card(explanation, html::anchor(told), since_then(operations, *failed))
              : no_failure_card(false)) +
          machine_card(explanation),
      " class=\"cards\"");
}

std::string table_head() {
  constexpr std::array<std::pair<std::string_view, std::string_view>, html::kOperationColumns>
      kColumns{{{"Outcome", ""},
                {"Operation", ""},
                {"Started, UTC", "at"},
                {"Transaction", "n wide"},
                {"Code", "n"},
                {"Took", "n wide"},
                {"eBPF down", "n wide"},
                {"Proxy down", "n wide"}}};
  std::string cells;
  for (const auto& [name, style] : kColumns)
    cells += element(
        "th", name,
        style.empty() ? " scope=\"col\"" : " scope=\"col\" class=\"" + std::string(style) + "\"");
  return element("caption", "Operations, newest first") + element("thead", element("tr", cells));
}

// What is kept for the operations that are still to come, so that a new one with all its images
// does not take the place of an old one's line: bytes of a line with a cause, of one with steps.
constexpr std::size_t kLineBytes = 1300;
constexpr std::size_t kStepsBytes = 6000;

struct Block {
  std::string html;
  Detail detail;
};
// The most that there is room for: `spare` is what lines alone would leave of the page.
std::optional<Block> block_of(const journal::Records& records, const OperationView& operation,
                              bool unfolded, std::size_t room, std::size_t spare,
                              std::size_t older) {
  constexpr std::size_t kFifths = 5;
  const std::size_t lines = older * kLineBytes;
  const std::size_t steps = lines + std::min(older * kStepsBytes, 2 * spare / kFifths);
  struct Choice {
    Detail detail;
    std::size_t kept;
    std::size_t tried_from;  // with less room it is not even made
  };
  const html::OperationSteps steps_read = html::steps_of(records, operation);
  for (const auto& [detail, kept, tried_from] :
       {Choice{Detail::kAll, steps, 2 * kStepsBytes},
        Choice{Detail::kSteps, lines, kStepsBytes / 2}, Choice{Detail::kLine, 0, 0}}) {
    if (kept + tried_from > room) continue;
    std::string html = html::operation_html(records, operation, steps_read, detail, unfolded);
    if (html.size() + kept <= room) return Block{std::move(html), detail};
  }
  return std::nullopt;
}

// Takes the oldest away that the page has no room for, not even for their lines and their places on
// the time line. Returns how many.
std::size_t cut(std::vector<OperationView>& operations, std::size_t max_bytes) {
  constexpr std::size_t kFixed = 30'000;  // style, script, cards
  constexpr std::size_t kPlace = 250;
  const std::size_t most = (max_bytes - std::min(max_bytes, kFixed)) / (kLineBytes + kPlace);
  if (operations.size() <= most) return 0;
  const std::size_t count = operations.size() - most;
  operations.erase(operations.begin(), operations.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

// Newest first. `left_out`: older ones that have been cut.
void write_operations(const journal::Records& records, const std::vector<OperationView>& operations,
                      std::size_t room, std::size_t left_out, std::ostream& out) {
  constexpr std::size_t kEnd = 600;
  room -= std::min(room, kEnd);
  const std::size_t spare = room - std::min(room, operations.size() * kLineBytes);
  std::size_t left = operations.size();
  std::size_t without_images = 0;
  std::size_t without_steps = 0;
  bool is_told = false;
  for (auto at = operations.rbegin(); at != operations.rend(); ++at) {
    const bool unfolded = at->has_failed() && !is_told;  // the last failure
    is_told = is_told || unfolded;
    const auto block = block_of(records, *at, unfolded, room, spare, left - 1);
    if (!block) break;
    out << block->html;
    room -= block->html.size();
    --left;
    if (block->detail == Detail::kSteps) ++without_images;
    if (block->detail == Detail::kLine) ++without_steps;
  }
  out << "</table>\n";
  std::string note;
  const auto add = [&note](std::size_t count, std::string_view what) {
    if (count > 0) note += std::to_string(count) + std::string(what);
  };
  add(without_images, " operations are shown without the before and after of their objects. ");
  add(without_steps, " are shown without their steps. ");
  add(left + left_out, " older ones are left out. ");
  if (note.empty()) return;
  out << element("p",
                 "The page has no room for more: " + note +
                     element("code", "ebpf-handler journal export --ndjson") + " has all.",
                 " class=\"note\"")
      << "\n";
}

// What the journal tells of no transaction: that it was set aside, that the VM is a clone.
std::string other_events(const journal::Records& records) {
  const std::string events = html::events_html(records, 0);
  if (events.empty()) return "";
  return element("section", element("h2", "Of no transaction") + events, " class=\"card\"") + "\n";
}

constexpr std::string_view kControls =
    R"(<form id="controls" hidden><label>Filter <input type="search" id="filter" )"
    R"(placeholder="any text: EbpfCore, 577, undone" autocomplete="off" spellcheck="false"></label>)"
    R"(<label><input type="checkbox" id="failures"> failures only</label>)"
    R"(<button type="button" id="unfold">Unfold all</button>)"
    R"(<button type="button" id="fold">Fold all</button>)"
    R"(<output id="count" for="filter failures" aria-live="polite"></output></form>)";

}  // namespace

void write_html(const journal::Records& records, const HtmlOptions& options, std::ostream& out) {
  const std::int64_t last = std::clamp<std::int64_t>(options.last, 1, kMostInHtml);
  std::vector<journal::Transaction> transactions = records.newest_transactions("", false, last);
  std::reverse(transactions.begin(), transactions.end());
  std::vector<OperationView> operations = html::operations_of(records, std::move(transactions));
  const std::size_t left_out = cut(operations, options.max_bytes);
  std::string begin = head("eBPF on this VM: what the journal tells") + "<body>\n";
  begin += "<header>" + element("h1", "eBPF on this VM: what the journal tells") +
           html::extent_html(operations);
  for (const std::string& warning : options.warnings)
    begin +=
        element("p", "Note: " + escaped(text::sentence(warning), kMostOfText), " class=\"note\"");
  begin += "</header>\n<main>\n" + cards(records, operations) + "\n" +
           html::overview_html(records, operations) + "\n" + std::string(kControls) +
           "\n<table class=\"operations\">" + table_head() + "\n";
  const std::string end =
      other_events(records) + "</main>\n" +
      element("footer",
              "Made by ebpf-handler from its journal alone. Marks and words say the "
              "same as the colours. Times are UTC.") +
      "\n" + element("script", page_file("filter.js")) + "\n</body>\n</html>\n";
  out << begin;
  const std::size_t used = begin.size() + end.size();
  write_operations(records, operations,
                   options.max_bytes > used ? options.max_bytes - used : std::size_t{0}, left_out,
                   out);
  out << end;
}

}  // namespace engine::support
