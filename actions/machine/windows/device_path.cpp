#include "actions/machine/windows/device_path.h"

#include <windows.h>

#include <cstddef>

#include "actions/machine/windows/text.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows {
namespace {

constexpr std::string_view kPrefix = R"(\\?\)";
constexpr std::size_t kShort = 240;  // MAX_PATH less what SQLite and others put behind a path

[[noreturn]] void refuse(std::string_view path) {
  Attempt{errors::ExitCode::kGeneric, "use the path", "CreateFile", path}.fail(ERROR_INVALID_NAME);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool has_drive(std::string_view path) {
  return path.size() >= 3 && is_letter(path[0]) && path[1] == ':' && path[2] == '\\';
}

std::string backslashed(std::string_view path) {
  std::string text(path);
  for (char& c : text) {
    if (c == '/') c = '\\';
  }
  return text;
}

// Components joined by one '\' each.
std::string tidied(std::string_view path, std::string_view whole) {
  std::string text;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= path.size(); ++i) {
    if (i < path.size() && path[i] != '\\') continue;
    const std::string_view part = path.substr(start, i - start);
    start = i + 1;
    if (part.empty()) continue;
    if (part == "." || part == "..") refuse(whole);
    if (!text.empty()) text += '\\';
    text += part;
  }
  return text;
}

std::string device_text(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) refuse(path);
  const std::string text = backslashed(path);
  std::string_view rest = text;
  if (rest.starts_with(kPrefix)) rest.remove_prefix(kPrefix.size());
  std::string prefix(kPrefix);
  if (rest.starts_with(R"(UNC\)")) {
    rest.remove_prefix(4);
    prefix += R"(UNC\)";
  } else if (rest.starts_with(R"(\\)") && rest.size() > 2 && rest[2] != '.' && rest[2] != '?') {
    rest.remove_prefix(2);
    prefix += R"(UNC\)";
  } else if (!has_drive(rest)) {
    refuse(path);
  }
  std::string tidy = tidied(rest, path);
  if (tidy.size() == 2 && tidy[1] == ':') tidy += '\\';  // the root of a drive
  return prefix + tidy;
}

}  // namespace

std::wstring device_path(std::string_view path) { return wide(device_text(path)); }

std::string library_path(std::string_view path) {
  std::string text = device_text(path);
  return path.size() < kShort && !path.starts_with(kPrefix) ? backslashed(path) : text;
}

}  // namespace machine::windows
