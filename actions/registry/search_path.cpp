#include "actions/registry/search_path.h"

#include <algorithm>
#include <array>
#include <utility>

#include "actions/machine/paths.h"
#include "actions/machine/system.h"

namespace actions::registry {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::RegistryValue;

constexpr std::string_view kKey =
    R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)";
constexpr std::string_view kValue = "Path";

}  // namespace

SearchPath::SearchPath(std::string_view text) {
  const bool quotes_mean_something = std::ranges::count(text, '"') % 2 == 0;
  bool quoted = false;
  segments.emplace_back();
  for (const char c : text) {
    if (c == '"' && quotes_mean_something) quoted = !quoted;
    if (c == ';' && !quoted) {
      segments.emplace_back();
    } else {
      segments.back() += c;
    }
  }
}

std::string SearchPath::text() const {
  std::string text;
  for (const std::string& segment : segments) {
    if (&segment != &segments.front()) text += ';';
    text += segment;
  }
  return text;
}

PathFolder::PathFolder(std::string_view folder, machine::Machine& machine)
    : system_root_(machine.system().system_root()),
      program_files_(machine.system().program_files()),
      program_data_(machine.system().program_data()),
      folder_(plain(folder)) {}

std::string PathFolder::plain(std::string_view segment) const {
  const std::array<std::pair<std::string_view, std::string>, 6> variables{
      {{"%programfiles%", program_files_},
       {"%programw6432%", program_files_},
       {"%programdata%", program_data_},
       {"%systemroot%", system_root_},
       {"%windir%", system_root_},
       {"%systemdrive%", machine::drive(system_root_)}}};
  std::string plain;
  for (const char c : machine::fold_case(segment)) {
    if (c != '"') plain += c == '/' ? '\\' : c;
  }
  for (const auto& [variable, value] : variables) {
    const std::size_t at = plain.find(variable);
    if (at != std::string::npos) plain.replace(at, variable.size(), machine::fold_case(value));
  }
  const std::size_t begin = std::min(plain.find_first_not_of(' '), plain.size());
  plain.erase(0, begin);
  while (plain.ends_with(' ') || plain.ends_with('\\'))
    plain.pop_back();
  return plain;
}

bool PathFolder::is(std::string_view segment) const { return plain(segment) == folder_; }

bool PathFolder::is_in(const SearchPath& path) const { return last_in(path).has_value(); }

std::optional<std::size_t> PathFolder::last_in(const SearchPath& path) const {
  for (std::size_t i = path.segments.size(); i > 0; --i) {
    if (is(path.segments[i - 1])) return i - 1;
  }
  return std::nullopt;
}

bool PathFolder::is_in(const std::optional<RegistryValue>& path) const {
  return path && is_text(*path) && is_in(SearchPath(path->data));
}

std::optional<RegistryValue> MachinePath::get() const {
  return machine_.registry().get(kKey, kValue);
}

void MachinePath::check_text(const std::optional<RegistryValue>& value) {
  if (!value || is_text(*value)) return;
  throw Failure(ExitCode::kGeneric, "PATH",
                "change the machine's PATH: it is " + machine::to_text(value->type) + ", not text");
}

void MachinePath::put(const std::optional<RegistryValue>& value) const {
  if (value) {
    machine_.registry().set(kKey, kValue, *value);
  } else {
    machine_.registry().remove_value(kKey, kValue);
  }
  machine_.system().announce_environment();
}

Context reading_path() { return {"while reading the machine's PATH", ExitCode::kGeneric}; }

std::string why_beyond_us(const std::optional<RegistryValue>& now) {
  if (!now) return "The machine's PATH was removed by somebody else; left so";
  if (is_text(*now)) return "";
  return "The machine's PATH was made " + machine::to_text(now->type) +
         " by somebody else and is left";
}

}  // namespace actions::registry
