#include "tests/golden/lines.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "text/hex.h"

namespace golden {
namespace {

constexpr std::string_view kSection = "== ";
constexpr std::string_view kEquals = " = ";
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kFewestToFill = 64;

// What changes `from` into `to`: a value, or none where the line goes.
std::string text_of_changes(const Lines& from, const Lines& to) {
  std::string text;
  for (const auto& [key, value] : from)
    if (!to.contains(key)) text += "- " + key + "\n";
  for (const auto& [key, value] : to) {
    const auto known = from.find(key);
    if (known == from.end() || known->second != value)
      text += "+ " + key + std::string(kEquals) + value + "\n";
  }
  return text;
}

// The section that this one is told from.
const Lines& told_from(const Section& section, Before& before) {
  if (section.kind == "case") return before[section.kind];
  const auto same_life = before.find(section.kind + " " + section.title);
  return same_life == before.end() ? before[section.kind] : same_life->second;
}

void remember(const Section& section, Before& before) {
  if (section.kind != "outcome") before[section.kind] = section.lines;
  before[section.kind + " " + section.title] = section.lines;
}

bool is_one_line(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 || code >= 0x7f;
  });
}

bool is_printable(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return (code < 0x20 && c != '\n' && c != '\r' && c != '\t') || code >= 0x7f;
  });
}

std::string hex(std::string_view bytes) {
  return text::to_hex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(kDigits.find(text[i]) * 16 + kDigits.find(text[i + 1]));
  return bytes;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string name_in_key(std::string name) {
  replace_all(name, "~", "~0");
  replace_all(name, "/", "~1");
  replace_all(name, "\n", "~n");
  return name;
}

std::string name_of_key(std::string name) {
  replace_all(name, "~n", "\n");
  replace_all(name, "~1", "/");
  replace_all(name, "~0", "~");
  return name;
}

}  // namespace

std::string text_of(const std::vector<Section>& sections, Before before) {
  std::string text;
  for (const Section& section : sections) {
    text += std::string(kSection) + section.kind + " " + section.title + "\n";
    text += text_of_changes(told_from(section, before), section.lines);
    remember(section, before);
  }
  return text;
}

std::vector<Section> sections_of(const std::string& text, Before before) {
  std::vector<Section> sections;
  std::istringstream in(text);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.starts_with("#") || line.empty()) continue;
    const std::size_t equals = line.find(kEquals);
    if (line.starts_with(kSection)) {
      if (!sections.empty()) remember(sections.back(), before);
      const std::size_t space = std::min(line.find(' ', kSection.size()), line.size());
      const std::string kind = line.substr(kSection.size(), space - kSection.size());
      sections.push_back({kind, line.substr(std::min(space + 1, line.size())), {}});
      sections.back().lines = told_from(sections.back(), before);
    } else if (!sections.empty() && line.starts_with("- ")) {
      sections.back().lines.erase(line.substr(2));
    } else if (!sections.empty() && line.starts_with("+ ") && equals != std::string::npos) {
      sections.back().lines[line.substr(2, equals - 2)] = line.substr(equals + kEquals.size());
    } else {
      throw std::runtime_error("no line of a golden file: " + std::to_string(number) + ": " + line);
    }
  }
  return sections;
}

std::string difference(const Lines& wanted, const Lines& found) {
  std::string text;
  for (const auto& [key, value] : wanted) {
    const auto other = found.find(key);
    if (other != found.end() && other->second == value) continue;
    text += "- " + key + std::string(kEquals) + value + "\n";
    if (other != found.end()) text += "+ " + key + std::string(kEquals) + other->second + "\n";
  }
  for (const auto& [key, value] : found)
    if (!wanted.contains(key)) text += "+ " + key + std::string(kEquals) + value + "\n";
  return text;
}

std::string encoded(std::string_view bytes) {
  if (bytes.size() > kFewestToFill && bytes.find_first_not_of(bytes[0]) == std::string_view::npos)
    return "fill:" + hex(bytes.substr(0, 1)) + "*" + std::to_string(bytes.size());
  if (is_one_line(bytes)) return "text:" + std::string(bytes);
  if (is_printable(bytes)) return "json:" + nlohmann::json(std::string(bytes)).dump();
  return "hex:" + hex(bytes);
}

std::string decoded(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    throw std::runtime_error("no encoded bytes: " + std::string(text));
  const std::string_view form = text.substr(0, colon);
  const std::string_view rest = text.substr(colon + 1);
  if (form == "text") return std::string(rest);
  if (form == "hex") return from_hex(rest);
  if (form == "json") return nlohmann::json::parse(std::string(rest)).get<std::string>();
  if (form == "fill")
    return std::string(std::stoull(std::string(rest.substr(3))), from_hex(rest)[0]);
  throw std::runtime_error("no encoded bytes: " + std::string(text));
}

void add_json(Lines& lines, const std::string& prefix, const nlohmann::json& value) {
  if (!value.is_object() || value.empty()) {
    lines[prefix] = value.dump();
    return;
  }
  for (const auto& [name, inner] : value.items())
    add_json(lines, prefix + "/" + name_in_key(name), inner);
}

nlohmann::json json_of(const Lines& lines, const std::string& prefix) {
  nlohmann::json all = nlohmann::json::object();
  for (const auto& [key, value] : those_under(lines, prefix + "/")) {
    nlohmann::json* at = &all;
    std::istringstream names(key.substr(prefix.size() + 1));
    for (std::string name; std::getline(names, name, '/');)
      at = &(*at)[name_of_key(name)];
    *at = nlohmann::json::parse(value);
  }
  return all;
}

Lines those_under(const Lines& lines, std::string_view prefix) {
  Lines some;
  for (auto line = lines.lower_bound(std::string(prefix));
       line != lines.end() && line->first.starts_with(prefix); ++line)
    some.insert(*line);
  return some;
}

Lines replaced(const Lines& lines, const std::string& from, const std::string& to) {
  Lines all;
  for (const auto& line : lines) {
    std::string key = line.first;
    std::string value = line.second;
    replace_all(key, from, to);
    replace_all(value, from, to);
    all.emplace(std::move(key), std::move(value));
  }
  return all;
}

}  // namespace golden
