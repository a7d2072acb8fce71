#include "engine/support/html/difference.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "text/bounded.h"

namespace engine::support::html {
namespace {

using Json = nlohmann::json;
using Fields = std::map<std::string, std::string>;

constexpr std::size_t kLongValue = 160;

// A digest is told from others by its beginning.
std::string readable(const std::string& text) {
  constexpr std::size_t kDigest = 32;
  constexpr std::size_t kEnough = 12;
  const bool is_digest =
      text.size() >= kDigest && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_digest ? text.substr(0, kEnough) + "..." : text;
}

std::string value_text(const Json& value) {
  if (value.is_string()) return readable(value.get<std::string>());
  if (value.is_null()) return "none";
  if (value.is_object()) {
    std::string text;
    for (const auto& [key, part] : value.items())
      text += (text.empty() ? "" : ", ") + key + " " + value_text(part);
    return text.empty() ? "nothing" : text;
  }
  if (value.is_array()) {
    std::string text;
    for (const Json& part : value)
      text += (text.empty() ? "" : ", ") + value_text(part);
    return text.empty() ? "nothing" : text;
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// By what a person tells the elements of a list apart. Of a path its last name: one image has it
// whole, and another from the install folder on.
std::string label(const Json& element, std::size_t position) {
  for (const char* key : {"path", "name"}) {
    const auto found = element.find(key);
    if (found == element.end() || !found->is_string()) continue;
    const auto path = found->get<std::string>();
    return path.substr(path.find_last_of('\\') + 1);
  }
  return std::to_string(position);
}

void add_fields(const Json& json, const std::string& prefix, Fields& fields) {
  if (json.is_object() && !json.empty()) {
    for (const auto& [key, value] : json.items())
      add_fields(value, prefix.empty() ? key : prefix + "." + key, fields);
    return;
  }
  const bool is_list = json.is_array() && !json.empty() && json.front().is_object();
  if (!is_list) {
    if (!prefix.empty()) fields[prefix] = value_text(json);
    return;
  }
  std::size_t position = 0;
  for (Json element : json) {
    std::string name = prefix + "[" + label(element, ++position) + "]";
    if (fields.contains(name)) name += " (" + std::to_string(position) + ")";
    if (element.is_object() && element.size() > 1) {
      element.erase("path");
      element.erase("name");
    }
    fields[name] = value_text(element);
  }
}

Fields fields_of(const Json& json) {
  Fields fields;
  add_fields(json, "", fields);
  return fields;
}

bool is_inside_character(const std::string& text, std::size_t at) {
  constexpr unsigned char kTopBits = 0xC0;
  constexpr unsigned char kContinuation = 0x80;
  return at < text.size() && (static_cast<unsigned char>(text[at]) & kTopBits) == kContinuation;
}

// The part of `text` between its first `begin` and its last `end` bytes, and a little around it.
std::string middle(const std::string& text, std::size_t begin, std::size_t end) {
  constexpr std::size_t kAround = 24;
  std::size_t from = begin > kAround ? begin - kAround : 0;
  std::size_t to = std::min(text.size(), text.size() - end + kAround);
  while (is_inside_character(text, from))
    --from;
  while (is_inside_character(text, to))
    ++to;
  return (from > 0 ? "..." : "") + text::bounded(text.substr(from, to - from), kLongValue) +
         (to < text.size() ? "..." : "");
}

Difference changed(const std::string& field, const std::string& before, const std::string& after) {
  if (before.size() <= kLongValue && after.size() <= kLongValue)
    return {Difference::Kind::kChanged, field, before, after};
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t begin = 0;
  while (begin < shorter && before[begin] == after[begin])
    ++begin;
  std::size_t end = 0;
  while (end < shorter - begin && before[before.size() - 1 - end] == after[after.size() - 1 - end])
    ++end;
  return {Difference::Kind::kChanged, field, middle(before, begin, end), middle(after, begin, end)};
}

Difference single(Difference::Kind kind, const std::string& field, const std::string& value) {
  constexpr std::size_t kShort = 60;
  if (value.size() <= kLongValue) return {kind, field, value, ""};
  std::string begin = text::bounded(value, kShort);
  std::erase(begin, '\r');
  std::ranges::replace(begin, '\n', ' ');
  return {kind, field, begin + " (" + std::to_string(value.size()) + " bytes)", ""};
}

}  // namespace

Differences differences(const Json& asked, const Json& before, const Json& after) {
  using Kind = Difference::Kind;
  const Fields wanted = fields_of(asked);
  const Fields found = fields_of(before);
  const Fields left = fields_of(after);
  Differences all;
  for (const auto& [field, value] : found) {
    const auto other = left.find(field);
    if (other == left.end()) {
      all.rows.push_back(single(Kind::kBefore, field, value));
    } else if (other->second == value) {
      all.rows.push_back(single(Kind::kSame, field, value));
    } else {
      all.rows.push_back(changed(field, value, other->second));
    }
  }
  for (const auto& [field, value] : left) {
    if (!found.contains(field)) all.rows.push_back(single(Kind::kAfter, field, value));
  }
  for (const auto& [field, value] : wanted) {
    if (!found.contains(field) && !left.contains(field))
      all.rows.push_back(single(Kind::kAsked, field, value));
  }
  std::ranges::stable_sort(all.rows, {}, &Difference::kind);
  if (all.rows.size() > kMostDifferences) {
    all.left_out = all.rows.size() - kMostDifferences;
    all.rows.resize(kMostDifferences);
  }
  return all;
}

}  // namespace engine::support::html
