#include "actions/machine/paths.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace machine {
namespace {

constexpr char kSeparator = '\\';
constexpr std::size_t kMaxRelativeBytes = 200;
constexpr std::size_t kMaxNameBytes = 255;
constexpr std::string_view kForbidden = "<>:\"|?*";

bool is_separator(char c) { return c == '\\' || c == '/'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string with_backslashes(std::string_view path) {
  std::string text(path);
  std::replace(text.begin(), text.end(), '/', kSeparator);
  return text;
}

bool has_drive(std::string_view path) {
  return path.size() >= 2 && is_letter(path[0]) && path[1] == ':';
}

// The length of the part that has no parent: "C:\" is 3, "C:" 2, "\" 1.
std::size_t root_size(std::string_view path) {
  const std::size_t start = has_drive(path) ? 2 : 0;
  return path.size() > start && is_separator(path[start]) ? start + 1 : start;
}

std::string_view without_trailing_separators(std::string_view path) {
  const std::size_t root = root_size(path);
  while (path.size() > root && is_separator(path.back()))
    path.remove_suffix(1);
  return path;
}

// The form in which two names of one object are equal text.
std::string canonical(std::string_view path) {
  return fold_case(with_backslashes(without_trailing_separators(path)));
}

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= path.size(); ++i) {
    if (i < path.size() && !is_separator(path[i])) continue;
    parts.push_back(path.substr(start, i - start));
    start = i + 1;
  }
  return parts;
}

bool starts_with_folded(std::string_view text, std::string_view folded_prefix) {
  return text.size() >= folded_prefix.size() &&
         std::equal(folded_prefix.begin(), folded_prefix.end(), text.begin(),
                    [](char a, char b) { return a == lower(b); });
}

// Names that Windows gives to devices in every folder, whatever the extension ("Naming Files,
// Paths, and Namespaces": CON, PRN, AUX, NUL, COM0-9, LPT0-9, the superscript digits of Latin-1
// counting as digits; CONIN$ and CONOUT$ from "CreateFileW").
bool is_device_name(std::string_view component) {
  std::string_view stem = component.substr(0, component.find('.'));
  while (!stem.empty() && stem.back() == ' ')
    stem.remove_suffix(1);
  const std::string name = fold_case(stem);
  constexpr std::array<std::string_view, 6> kNames{"con", "prn", "aux", "nul", "conin$", "conout$"};
  if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return true;
  if (!name.starts_with("com") && !name.starts_with("lpt")) return false;
  const std::string_view digit = std::string_view(name).substr(3);
  if (digit.size() == 1) return digit[0] >= '0' && digit[0] <= '9';
  return digit == "\xC2\xB9" || digit == "\xC2\xB2" || digit == "\xC2\xB3";
}

std::string why_unsafe_component(std::string_view component) {
  const std::string quoted = "'" + std::string(component) + "'";
  if (component.empty()) return "it has an empty component";
  if (component == "." || component == "..") return "it has the component " + quoted;
  for (const char c : component) {
    if (static_cast<unsigned char>(c) < 0x20) return "it has a control character";
    if (kForbidden.find(c) != std::string_view::npos)
      return "it has the character '" + std::string(1, c) + "'";
  }
  if (component.back() == '.' || component.back() == ' ')
    return quoted + " ends with a dot or a space";
  if (is_device_name(component)) return quoted + " is a name that Windows reserves for a device";
  return "";
}

// The program at the front of an unquoted command line. CreateProcess tries every space; as text,
// the first one behind a known extension is taken, since "C:\Program Files\..." has spaces of its
// own.
std::string_view without_arguments(std::string_view command) {
  constexpr std::array<std::string_view, 4> kExtensions{".exe", ".sys", ".dll", ".com"};
  for (std::size_t i = 0; i < command.size(); ++i) {
    for (const std::string_view extension : kExtensions) {
      const std::size_t end = i + extension.size();
      if (starts_with_folded(command.substr(i), extension) &&
          (end == command.size() || command[end] == ' ')) {
        return command.substr(0, end);
      }
    }
  }
  return command;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

std::string join(std::string_view folder, std::string_view name) {
  std::string path = with_backslashes(folder);
  if (!path.empty() && path.back() != kSeparator) path += kSeparator;
  return path + with_backslashes(name);
}

std::string parent(std::string_view path) {
  const std::string_view whole = without_trailing_separators(path);
  const std::size_t root = root_size(whole);
  if (whole.size() <= root) return "";
  std::size_t end = whole.size();
  while (end > root && !is_separator(whole[end - 1]))
    --end;
  return with_backslashes(without_trailing_separators(whole.substr(0, end)));
}

std::string file_name(std::string_view path) {
  const std::string_view whole = without_trailing_separators(path);
  std::size_t start = whole.size();
  const std::size_t root = root_size(whole);
  while (start > root && !is_separator(whole[start - 1]))
    --start;
  return std::string(whole.substr(start));
}

std::string drive(std::string_view path) {
  if (!has_drive(path)) return "";
  return {upper(path[0]), ':'};
}

bool equal_paths(std::string_view a, std::string_view b) { return canonical(a) == canonical(b); }

bool is_within(std::string_view path, std::string_view folder) {
  for (const std::string_view component : components(path)) {
    if (component == "..") return false;
  }
  const std::string inner = canonical(path);
  std::string outer = canonical(folder);
  if (outer.empty() || inner == outer) return !outer.empty();
  if (outer.back() != kSeparator) outer += kSeparator;
  return inner.starts_with(outer);
}

bool equal_names(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string fold_case(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), lower);
  return folded;
}

std::string image_file(std::string_view image, std::string_view system_root,
                       std::string_view program_files) {
  std::string_view command = trimmed(image);
  if (command.empty()) return "";
  if (command.front() == '"') {
    command.remove_prefix(1);
    command = command.substr(0, command.find('"'));
  } else {
    command = without_arguments(command);
  }
  const std::string path = with_backslashes(command);
  const std::string_view view = path;

  struct Prefix {
    std::string_view folded;
    std::string base;
  };
  const std::array<Prefix, 8> prefixes{{{R"(\??\)", ""},
                                        {R"(\\?\)", ""},
                                        {"\\systemroot\\", std::string(system_root)},
                                        {"systemroot\\", std::string(system_root)},
                                        {"%systemroot%\\", std::string(system_root)},
                                        {"%windir%\\", std::string(system_root)},
                                        {"%programfiles%\\", std::string(program_files)},
                                        {"%systemdrive%\\", drive(system_root) + "\\"}}};
  for (const Prefix& prefix : prefixes) {
    if (starts_with_folded(view, prefix.folded))
      return join(prefix.base, view.substr(prefix.folded.size()));
  }
  const bool absolute = has_drive(view) || is_separator(view.empty() ? kSeparator : view.front());
  return absolute || view.front() == '%' ? path : join(system_root, view);
}

std::string why_unsafe_relative(std::string_view path) {
  if (path.empty()) return "it is empty";
  if (path.size() > kMaxRelativeBytes) {
    return "it is longer than " + std::to_string(kMaxRelativeBytes) + " bytes";
  }
  if (has_drive(path)) return "it has a drive letter";
  if (is_separator(path.front())) return "it begins with a separator";
  for (const std::string_view component : components(path)) {
    std::string reason = why_unsafe_component(component);
    if (!reason.empty()) return reason;
  }
  return "";
}

std::string why_unsafe_name(std::string_view name) {
  if (name.size() > kMaxNameBytes)
    return "it is longer than " + std::to_string(kMaxNameBytes) + " bytes";
  if (std::any_of(name.begin(), name.end(), is_separator)) return "it has a separator";
  return why_unsafe_component(name);
}

}  // namespace machine
