#include "engine/support/checkup.h"

#include <algorithm>
#include <array>
#include <span>
#include <sstream>

#include "engine/support/system_codes.h"
#include "text/joined.h"
#include "text/printable.h"
#include "text/wrapped.h"

namespace engine::support {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kWidth = 80;
constexpr std::size_t kMarkWidth = 9;
constexpr std::array kMarks{Mark::kTrouble, Mark::kUnknown, Mark::kNote, Mark::kOk};

std::string counts(const Checkup& checkup) {
  std::vector<std::string> parts;
  for (const Mark mark : kMarks) {
    if (const std::size_t count = checkup.count(mark))
      parts.push_back(std::string(to_text(mark)) + " " + std::to_string(count));
  }
  return text::joined(parts);
}

// Names come from anywhere: no byte of theirs acts on a terminal.
std::string lines(const std::string& words) {
  return text::wrapped(text::printable(words, words.size()), kWidth, kMarkWidth) + "\n";
}

std::string line_of(const Checked& checked) {
  std::string mark(to_text(checked.mark));
  mark.resize(kMarkWidth, ' ');
  return mark + lines(checked.object + ": " + checked.text);
}

}  // namespace

std::string_view to_text(Mark mark) {
  switch (mark) {
    case Mark::kOk:
      return "ok";
    case Mark::kNote:
      return "note";
    case Mark::kTrouble:
      return "trouble";
    case Mark::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::size_t Checkup::count(Mark mark) const {
  return static_cast<std::size_t>(std::ranges::count(all_, mark, &Checked::mark));
}

void Area::unknown(const std::string& object, const errors::Failure& failure) const {
  Advice advice;
  const auto& system = failure.system();
  const SystemCode* code = system ? system_code(*system) : nullptr;
  if (code != nullptr) {
    advice.words =
        "This usually means: " + std::string(code->meaning) + what_it_shows(code->look_at);
    std::istringstream commands(commands_to_look(code->look_at, failure.object()));
    for (std::string line; std::getline(commands, line);)
      advice.commands.push_back(line);
  } else {
    advice.words = "Run doctor again; if it stays, restart what does not answer, or the VM.";
  }
  add(Mark::kUnknown, object, failure.message(), advice);
}

std::string checkup_text(const Checkup& checkup) {
  const std::string margin(kMarkWidth, ' ');
  std::string text;
  std::string area;
  for (const Checked& checked : checkup.all()) {
    if (checked.area != area) text += (area.empty() ? "" : "\n") + checked.area + "\n";
    area = checked.area;
    text += line_of(checked);
    if (!checked.advice.words.empty()) text += margin + lines("-> " + checked.advice.words);
    for (const std::string& command : checked.advice.commands)
      text += margin + "   " + command + "\n";
  }
  return text + "\n" + (checkup.is_well() ? "All is well: " : "Not all is well: ") +
         counts(checkup) + ".\n";
}

Json checkup_json(const Checkup& checkup) {
  Json findings = Json::array();
  for (const Checked& checked : checkup.all()) {
    findings.push_back({{"area", checked.area},
                        {"object", checked.object},
                        {"state", to_text(checked.mark)},
                        {"text", checked.text},
                        {"advice", checked.advice.words},
                        {"commands", checked.advice.commands}});
  }
  Json summary{{"well", checkup.is_well()}};
  for (const Mark mark : kMarks)
    summary[std::string(to_text(mark))] = checkup.count(mark);
  return {{"findings", findings}, {"summary", summary}};
}

std::string command_line(const std::string& program, std::string arguments) {
  constexpr std::string_view kWord =
      R"(ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\/:._-)";
  if (program.empty()) return "";
  if (program.find_first_not_of(kWord) == std::string::npos) return program + " " + arguments;
  const bool is_harmless = std::ranges::all_of(program, [](char c) {
    constexpr std::string_view kActs = "\"'%&|<>^`$;!";
    return c >= ' ' && c <= '~' && kActs.find(c) == std::string_view::npos;
  });
  if (!is_harmless) return "";
  std::ranges::replace(arguments, '"', '\'');
  return "powershell -Command \"& '" + program + "' " + arguments + "\"";
}

std::vector<std::string> command_on(std::string_view begin, const std::string& name) {
  if (!is_plain(name)) return {};
  return {std::string(begin) + " \"" + name + "\""};
}

std::string counted(std::size_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  if (names.size() <= kShown) return text::joined(names);
  return text::joined(std::span(names).first(kShown)) + " and " +
         std::to_string(names.size() - kShown) + " more";
}

}  // namespace engine::support
