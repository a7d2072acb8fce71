#include "engine/support/html/overview.h"

#include <algorithm>
#include <cstddef>

#include "engine/product/outage.h"
#include "engine/support/html/scale.h"
#include "engine/support/html/text.h"
#include "text/time.h"

namespace engine::support::html {
namespace {

std::size_t transactions_in(const std::vector<OperationView>& operations) {
  std::size_t count = 0;
  for (const OperationView& operation : operations)
    count += operation.transactions.size();
  return count;
}

Scale scale_of(const std::vector<OperationView>& operations) {
  Scale scale;
  scale.from = text::utc_ms(operations.front().transactions.front().started_at);
  scale.to = scale.from + 1;
  for (const OperationView& operation : operations) {
    for (const journal::Transaction& transaction : operation.transactions)
      scale.to = std::max(
          {scale.to, text::utc_ms(transaction.started_at), text::utc_ms(transaction.ended_at)});
  }
  return scale;
}

// What went well is a line; what failed has its sign on it, and leads to its rows.
std::string operations_drawing(const std::vector<OperationView>& operations, const Scale& scale) {
  constexpr std::size_t kLongTooltip = 80;
  std::string shapes;
  std::size_t failed = 0;
  for (const OperationView& operation : operations) {
    const std::string& started = operation.transactions.front().started_at;
    const std::int64_t at = text::utc_ms(started);
    const std::string title = element("title", escaped(operation.title(), kLongTooltip) + ", " +
                                                   std::string(operation.outcome()) + ", " +
                                                   escaped(readable_time(started)));
    const Mark mark = mark_of(operation.outcome(), operation.code() != 0);
    if (!operation.has_failed()) {
      shapes += element("g", title + tick(scale, at, mark.style));
      continue;
    }
    ++failed;
    shapes += element("a",
                      title + tick(scale, at, mark.style) +
                          element("text", mark.sign,
                                  " x=\"" + scale.position(at) + "\" y=\"12\" class=\"" +
                                      std::string(mark.style) + "\""),
                      " href=\"#" + anchor(operation) + "\" tabindex=\"-1\"");
  }
  return drawing(shapes, std::to_string(operations.size()) + " operations, of which " +
                             std::to_string(failed) + " failed");
}

}  // namespace

std::string extent_html(const std::vector<OperationView>& operations) {
  if (operations.empty()) return "";
  constexpr std::size_t kLongId = 100;
  const journal::Transaction& first = operations.front().transactions.front();
  const journal::Transaction* newest = &operations.back().transactions.back();
  for (const OperationView& operation : operations) {
    if (operation.transactions.back().id > newest->id) newest = &operation.transactions.back();
  }
  return element("p",
                 "Machine " + escaped(newest->machine_id, kLongId) + ", " +
                     std::to_string(transactions_in(operations)) + " transactions, " +
                     std::to_string(first.id) + " to " + std::to_string(newest->id) + ", " +
                     escaped(readable_time(first.started_at)) + " to " +
                     escaped(readable_time(newest->started_at)) + " UTC.",
                 " class=\"facts\"");
}

std::string overview_html(const journal::Records& records,
                          const std::vector<OperationView>& operations) {
  if (operations.empty()) return "";
  std::vector<journal::Transaction> transactions;  // their ids, which lead to their steps
  for (const OperationView& operation : operations) {
    for (const journal::Transaction& transaction : operation.transactions)
      transactions.emplace_back().id = transaction.id;
  }
  const product::Outage outage = product::outage_of(records, transactions);
  const Scale scale = scale_of(operations);
  const auto row = [](std::string_view name, const std::string& words, const std::string& picture) {
    return element("tr", element("th", std::string(name) + " " + element("small", escaped(words)),
                                 " scope=\"row\"") +
                             element("td", picture, " class=\"scale\""));
  };
  const std::string axis = element(
      "span",
      element("span", escaped(readable_time(operations.front().transactions.front().started_at))) +
          element("span",
                  escaped(readable_time(text::utc_text(std::max<std::int64_t>(scale.to, 0))))),
      " class=\"axis\"");
  return element(
      "section",
      element("h2", "Time line") +
          element(
              "table",
              element(
                  "tbody",
                  row("Operations", std::to_string(operations.size()),
                      operations_drawing(operations, scale)) +
                      row("eBPF", in_words(outage.ebpf), band(scale, outage.ebpf)) +
                      row("GuestProxyAgent", in_words(outage.proxy), band(scale, outage.proxy)) +
                      element("tr", element("td", "") + element("td", axis, " class=\"scale\""))),
              " class=\"whole\"") +
          element("p",
                  "A filled band: stopped by a command, as the steps that stop and start services "
                  "recorded it. Between them the journal does not know.",
                  " class=\"facts\""),
      " class=\"card\"");
}

}  // namespace engine::support::html
