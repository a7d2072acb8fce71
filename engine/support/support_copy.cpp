#include "engine/support/support_copy.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/support/html_report.h"
#include "engine/support/journal_export.h"
#include "text/time.h"

namespace engine::support {
namespace {

constexpr std::string_view kPrefix = "ebpf_handler_support_";
constexpr std::string_view kPage = ".html";
constexpr std::string_view kLines = ".ndjson";
constexpr std::size_t kMostPageBytes = 700'000;
constexpr std::int64_t kTransactions = 40;  // eight updates

// "20261122T101800123Z"
std::string stamp(std::int64_t utc_ms) {
  std::string text = text::utc_text(utc_ms);
  std::erase_if(text, [](char letter) { return letter == '-' || letter == ':' || letter == '.'; });
  return text;
}

// Takes what `begin` matches off the front of `text`: a '0' is a digit, all else is itself.
bool take(std::string_view& text, std::string_view begin) {
  if (text.size() < begin.size()) return false;
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const bool fits = begin[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == begin[i];
    if (!fits) return false;
  }
  text.remove_prefix(begin.size());
  return true;
}

bool take_number(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(digits);
  return digits > 0;
}

struct OwnName {
  std::string pair;  // what both files of a pair begin with
  bool is_whole;     // no temporary file of a process that was killed
};

// Returns nullopt for a name that is not exactly one of ours.
std::optional<OwnName> own_name(const std::string& name) {
  std::string_view rest = name;
  if (!take(rest, kPrefix) || !take(rest, "00000000T000000000Z_t") || !take_number(rest))
    return std::nullopt;
  const std::string pair = name.substr(0, name.size() - rest.size());
  if (!take(rest, kPage) && !take(rest, kLines)) return std::nullopt;
  if (rest.empty()) return OwnName{pair, true};
  if (!take(rest, ".") || !take_number(rest) || !rest.empty()) return std::nullopt;
  return OwnName{pair, false};
}

// Leaves room for one pair more: a process that is killed behind this leaves no more than is kept.
void remove_old(machine::HostFiles& host, const std::string& folder) {
  std::vector<std::pair<std::string, OwnName>> files;
  std::set<std::string> pairs;
  for (const std::string& name : host.list(folder)) {
    auto own = own_name(name);
    if (!own) continue;
    if (own->is_whole) pairs.insert(own->pair);
    files.emplace_back(name, std::move(*own));
  }
  while (pairs.size() > kCopies - 1)
    pairs.erase(pairs.begin());
  for (const auto& [name, own] : files) {
    if (!own.is_whole || !pairs.contains(own.pair)) host.remove(folder + "/" + name);
  }
}

}  // namespace

void write_support_copy(machine::HostFiles& host, const journal::Records& records,
                        const std::string& log_folder, std::int64_t utc_ms) {
  const auto newest = records.newest_transaction();
  const std::string path = log_folder + "/" + std::string(kPrefix) + stamp(utc_ms) + "_t" +
                           std::to_string(newest ? newest->id : 0);
  remove_old(host, log_folder);
  std::ostringstream page;
  write_html(records, {.last = kTransactions, .max_bytes = kMostPageBytes, .warnings = {}}, page);
  const std::string html = page.str();
  const std::size_t room = kMostCopyBytes - std::min(kMostCopyBytes, html.size());
  host.replace(path + std::string(kPage), html, log_folder);
  host.replace(path + std::string(kLines), newest_ndjson(records, kTransactions, room), log_folder);
}

}  // namespace engine::support
