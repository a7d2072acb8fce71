#include "engine/support/html/operation.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <utility>

#include "engine/support/html/scale.h"
#include "engine/support/html/text.h"
#include "engine/support/journal_facts.h"
#include "text/time.h"

namespace engine::support::html {
namespace {

using journal::Transaction;

constexpr std::size_t kLongTitle = 120;

std::string number_cell(const std::string& content) {
  return element("td", content, " class=\"n wide\"");
}

std::int64_t end_of(const Transaction& transaction) {
  return std::max(text::utc_ms(transaction.ended_at), text::utc_ms(transaction.started_at));
}

Scale scale_of(const OperationView& operation) {
  Scale scale;
  scale.from = text::utc_ms(operation.transactions.front().started_at);
  scale.to = scale.from + 1;
  for (const Transaction& transaction : operation.transactions)
    scale.to = std::max(scale.to, end_of(transaction));
  return scale;
}

std::string ids(const OperationView& operation) {
  const std::string first = std::to_string(operation.transactions.front().id);
  const std::string last = std::to_string(operation.transactions.back().id);
  return first == last ? first : first + "–" + last;
}

std::string down_cell(const product::Downtime& down) {
  if (!down.since.empty()) return number_cell("still");
  return number_cell(down.intervals.empty() ? "–" : seconds_text(down.ms) + " s");
}

std::string line_html(const OperationView& operation, const product::Outage& outage,
                      const Scale& scale) {
  const int code = operation.code();
  const Mark mark = mark_of(operation.outcome(), code != 0);
  const std::string started = operation.transactions.front().started_at;
  return element("tr", element("th", marked(mark, operation.outcome()), " scope=\"row\"") +
                           element("td", element("a", escaped(operation.title(), kLongTitle),
                                                 " href=\"#" + anchor(operation) + "\"")) +
                           element("td", escaped(readable_time(started)), " class=\"at\"") +
                           number_cell(ids(operation)) +
                           element("td", code == 0 ? "–" : std::to_string(code), " class=\"n\"") +
                           number_cell(seconds_text(scale.to - scale.from) + " s") +
                           down_cell(outage.ebpf) + down_cell(outage.proxy));
}

std::string scale_row(const std::string& name, const std::string& picture) {
  return element(
      "tr", element("th", name, " scope=\"row\"") + element("td", picture, " class=\"scale\""));
}

// What the command did by itself; and pale, until it was undone with the update.
std::string command_bar(const Transaction& transaction, const std::vector<journal::Step>& steps,
                        const Scale& scale, std::string_view style) {
  const std::int64_t begin = text::utc_ms(transaction.started_at);
  const std::int64_t own = own_end(transaction, steps);
  const std::int64_t end = end_of(transaction);
  if (own >= end) return bar(scale, begin, end, style);
  return bar(scale, begin, end, "wait") + bar(scale, begin, own, style) +
         tick(scale, end, "undone");
}

// The commands of an update to one scale, with the gaps between them.
std::string whole_html(const OperationView& operation, const OperationSteps& steps,
                       const Scale& scale) {
  std::string rows =
      element("tr", R"(<th scope="col">Command</th><th scope="col" class="scale">)"
                    R"(<span class="axis"><span>0 s</span><span>)" +
                        seconds_text(scale.to - scale.from) + " s</span></span></th>");
  for (std::size_t i = 0; i < operation.transactions.size(); ++i) {
    const Transaction& transaction = operation.transactions[i];
    const std::string_view outcome = journal::outcome(transaction);
    const Mark mark = mark_of(outcome, transaction.code != 0);
    rows += scale_row(escaped(transaction.command, kLongTitle) + " " +
                          element("small", std::to_string(transaction.id)) + " " +
                          marked(mark, outcome),
                      drawing(command_bar(transaction, steps.of[i], scale, mark.style), ""));
  }
  rows += scale_row("eBPF " + element("small", escaped(in_words(steps.outage.ebpf))),
                    band(scale, steps.outage.ebpf));
  rows += scale_row("GuestProxyAgent " + element("small", escaped(in_words(steps.outage.proxy))),
                    band(scale, steps.outage.proxy));
  return element("table", element("tbody", rows), " class=\"whole\"");
}

std::string inside_html(const journal::Records& records, const OperationView& operation,
                        const OperationSteps& steps, const Scale& scale, Detail detail) {
  const bool is_one = operation.transactions.size() == 1;
  std::string html = is_one ? "" : whole_html(operation, steps, scale);
  for (std::size_t i = 0; i < operation.transactions.size(); ++i)
    html += transaction_html(records, operation.transactions[i], steps.of[i], steps.outage, detail,
                             !is_one);
  return html;
}

std::string summary(const OperationView& operation, Detail detail) {
  const std::size_t count = operation.transactions.size();
  std::string text = count == 1 ? "Steps to scale" : std::to_string(count) + " commands to scale";
  if (detail == Detail::kAll) text += ", before and after of each object, events";
  return element("summary", text);
}

}  // namespace

std::size_t OperationView::decisive_position() const {
  const auto position = [this](const auto& is_wanted) {
    const auto found = std::find_if(transactions.rbegin(), transactions.rend(), is_wanted);
    return static_cast<std::size_t>(transactions.rend() - found) - 1;  // huge: there is none
  };
  if (update && !update->failed_command.empty()) {
    const std::size_t failed = position([this](const Transaction& transaction) {
      return transaction.operation_id == update->id &&
             transaction.command == update->failed_command;
    });
    if (failed < transactions.size()) return failed;
  }
  return std::min(position(is_failure), transactions.size() - 1);
}

std::string_view OperationView::outcome() const {
  if (update && update->state) return journal::to_text(*update->state);
  return journal::outcome(decisive());
}

int OperationView::code() const { return code_of(decisive()).value_or(0); }

bool OperationView::has_failed() const {
  return std::any_of(transactions.begin(), transactions.end(), is_failure);
}

std::string OperationView::title() const {
  if (!update) {
    const Transaction& only = transactions.front();
    return only.command + (only.payload_version.empty() ? "" : " " + only.payload_version);
  }
  return "update " + (update->from_version.empty() ? "" : update->from_version + " ") + "→ " +
         update->to_version;
}

std::vector<OperationView> operations_of(const journal::Records& records,
                                         std::vector<Transaction> transactions) {
  std::vector<OperationView> all;
  std::map<std::int64_t, std::size_t> updates;  // where each is in `all`
  for (Transaction& transaction : transactions) {
    const auto known = updates.find(transaction.operation_id);
    if (known != updates.end()) {
      all[known->second].transactions.push_back(std::move(transaction));
      continue;
    }
    OperationView view{update_of(records, transaction), {}};
    const bool behind_disable =
        view.update && !all.empty() &&
        is_disable_before(records, all.back().transactions.back(), transaction);
    if (behind_disable) {
      view.transactions = std::move(all.back().transactions);
      all.pop_back();
    }
    if (view.update) updates.emplace(view.update->id, all.size());
    view.transactions.push_back(std::move(transaction));
    all.push_back(std::move(view));
  }
  return all;
}

OperationSteps steps_of(const journal::Records& records, const OperationView& operation) {
  OperationSteps steps;
  for (const Transaction& transaction : operation.transactions)
    steps.of.push_back(records.steps(transaction.id));
  steps.outage = product::outage_of(steps.of);
  return steps;
}

std::string operation_html(const journal::Records& records, const OperationView& operation,
                           const OperationSteps& steps, Detail detail, bool unfolded) {
  const Scale scale = scale_of(operation);
  const std::size_t decisive = operation.decisive_position();
  std::string more = told_html(operation.transactions[decisive], steps.of[decisive]);
  if (detail != Detail::kLine)
    more +=
        element("details",
                summary(operation, detail) + inside_html(records, operation, steps, scale, detail),
                unfolded ? " open" : "");
  const std::string attributes = " id=\"" + anchor(operation) + "\" class=\"operation" +
                                 (operation.has_failed() ? " failed" : "") + "\"";
  std::string rows = line_html(operation, steps.outage, scale);
  if (!more.empty())
    rows +=
        element("tr", element("td", more, " colspan=\"" + std::to_string(kOperationColumns) + "\""),
                " class=\"more\"");
  return element("tbody", rows, attributes) + "\n";
}

std::string anchor(const OperationView& operation) {
  return "t" + std::to_string(operation.transactions.back().id);
}

}  // namespace engine::support::html
