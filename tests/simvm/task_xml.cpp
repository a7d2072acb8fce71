#include "tests/simvm/task_xml.h"

#include <array>
#include <charconv>
#include <utility>

namespace simvm {
namespace {

// What is between the first <name ...> and its </name>; empty for <name/>. nullopt: not there.
std::optional<std::string_view> element(std::string_view xml, const std::string& name) {
  for (std::size_t begin = xml.find("<" + name); begin != std::string_view::npos;
       begin = xml.find("<" + name, begin + 1)) {
    const std::size_t after = begin + 1 + name.size();
    if (after >= xml.size() || std::string_view(" \t\r\n/>").find(xml[after]) == std::string::npos)
      continue;  // a longer name
    const std::size_t close = xml.find('>', after);
    if (close == std::string_view::npos) return std::nullopt;
    if (xml[close - 1] == '/') return "";
    const std::size_t end = xml.find("</" + name + ">", close);
    if (end == std::string_view::npos) return std::nullopt;
    return xml.substr(close + 1, end - close - 1);
  }
  return std::nullopt;
}

bool is_on(const std::optional<std::string_view>& trigger) {
  return trigger && element(*trigger, "Enabled").value_or("true") != "false";
}

std::string text(std::optional<std::string_view> escaped) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
  std::string result;
  std::string_view rest = escaped.value_or("");
  while (!rest.empty()) {
    std::size_t taken = 1;
    char c = rest.front();
    for (const auto& [entity, meant] : kEntities) {
      if (!rest.starts_with(entity)) continue;
      c = meant;
      taken = entity.size();
    }
    result += c;
    rest.remove_prefix(taken);
  }
  return result;
}

// "PT1H30M", as far as tasks use it. nullopt: not of that form.
std::optional<std::int64_t> duration_ms(std::string_view duration) {
  if (!duration.starts_with("PT")) return std::nullopt;
  duration.remove_prefix(2);
  std::int64_t seconds = 0;
  while (!duration.empty()) {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(duration.data(), duration.data() + duration.size(), number);
    const auto digits = static_cast<std::size_t>(parsed.ptr - duration.data());
    if (digits == 0 || digits == duration.size()) return std::nullopt;
    const char unit = duration[digits];
    seconds += number * (unit == 'H' ? 3600 : unit == 'M' ? 60 : 1);
    duration.remove_prefix(digits + 1);
  }
  if (seconds <= 0) return std::nullopt;
  return seconds * 1000;
}

std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> words;
  bool quoted = false;
  bool in_word = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      if (!in_word) words.emplace_back();
      in_word = true;
    } else if (c == ' ' && !quoted) {
      in_word = false;
    } else {
      if (!in_word) words.emplace_back();
      in_word = true;
      words.back() += c;
    }
  }
  return words;
}

}  // namespace

TaskPlan read_task(std::string_view xml) {
  TaskPlan plan;
  plan.at_boot = is_on(element(xml, "BootTrigger"));
  const auto timed = element(xml, "TimeTrigger");
  if (is_on(timed)) plan.every_ms = duration_ms(element(*timed, "Interval").value_or(""));
  if (const auto exec = element(xml, "Exec")) {
    plan.command = text(element(*exec, "Command"));
    plan.arguments = words(text(element(*exec, "Arguments")));
  }
  return plan;
}

}  // namespace simvm
