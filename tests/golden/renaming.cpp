#include "tests/golden/renaming.h"

#include <cstdint>
#include <functional>
#include <regex>
#include <string>

namespace golden {
namespace {

// A file id stands alone in its quotes, in JSON and in SQL.
const std::regex& file_id() {
  static const std::regex kId(R"((["'])f(\d+)(["']))");
  return kId;
}

std::string with_ids(const std::string& value,
                     const std::function<std::string(std::uint64_t)>& name) {
  std::string text;
  auto rest = value.cbegin();
  for (std::sregex_iterator id(value.begin(), value.end(), file_id()), end; id != end; ++id) {
    text.append(rest, (*id)[0].first);
    text += (*id)[1].str() + name(std::stoull((*id)[2].str())) + (*id)[3].str();
    rest = (*id)[0].second;
  }
  return text.append(rest, value.cend());
}

bool is_time(const std::string& key) {
  return key.ends_with("_at") || key.ends_with(" at") || key.ends_with(" duration_ms");
}

}  // namespace

Lines without_times(const Lines& rows) {
  static const std::regex kMoment(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)");
  static const std::regex kFolder(R"((txn-\d+-)\d{8}T\d{9}Z)");
  static const std::regex kAside(R"((\.damaged-)[\dT.-]+Z)");
  static const std::regex kProcess(R"re(("process_id":)\d+)re");
  Lines all;
  for (const auto& [key, value] : rows) {
    if (is_time(key)) continue;
    std::string text = value;
    const auto has = [&text](const char* part) { return text.find(part) != std::string::npos; };
    if (has("Z")) text = std::regex_replace(text, kMoment, "<time>");
    if (has("txn-")) text = std::regex_replace(text, kFolder, "$1<time>");
    if (has(".damaged-")) text = std::regex_replace(text, kAside, "$1<time>");
    if (has("\"process_id\"")) text = std::regex_replace(text, kProcess, "$1<process>");
    all[std::regex_replace(key, kFolder, "$1<time>")] = text;
  }
  return all;
}

Lines with_new_ids_masked(const Lines& rows, std::uint64_t first_new) {
  Lines all;
  for (const auto& [key, value] : rows) {
    all[key] = with_ids(value, [first_new](std::uint64_t id) {
      return id < first_new ? "f" + std::to_string(id) : std::string("f<new>");
    });
  }
  return all;
}

Lines with_ids_in_order(const Lines& rows) {
  std::map<std::uint64_t, std::string> names;
  Lines all;
  for (const auto& [key, value] : rows) {
    all[key] = with_ids(value, [&names](std::uint64_t id) {
      return names.emplace(id, "f<" + std::to_string(names.size() + 1) + ">").first->second;
    });
  }
  return all;
}

}  // namespace golden
