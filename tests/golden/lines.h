#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"

namespace golden {

// A state as text: one fact a line, "key = value", sorted by key. No value has a line break.
using Lines = std::map<std::string, std::string>;

// A part of a golden file, written as what differs from the one of its story before it: machines
// ("case") are one story; outcomes and pictures ("picture") are one for each life. The first of a
// story is told from what `before` has, a life's first picture from the last one of any life.
struct Section {
  std::string kind;
  std::string title;
  Lines lines;  // whole
};
using Before = std::map<std::string, Lines>;  // by story

std::string text_of(const std::vector<Section>& sections, Before before);
// Throws std::runtime_error naming the line that it cannot read.
std::vector<Section> sections_of(const std::string& text, Before before);

// "- key = value" for each line that only `wanted` has or has otherwise, "+ …" for `found`.
std::string difference(const Lines& wanted, const Lines& found);

// Bytes as one line and back: "text:…" where they are a line, else "json:…", "fill:00*1024" where
// all are the same, "hex:…".
std::string encoded(std::string_view bytes);
std::string decoded(std::string_view text);

// A JSON value's leaves under "prefix/name/name". Arrays, and what is empty, are leaves.
void add_json(Lines& lines, const std::string& prefix, const nlohmann::json& value);
nlohmann::json json_of(const Lines& lines, const std::string& prefix);

// All lines whose key begins with `prefix`.
Lines those_under(const Lines& lines, std::string_view prefix);

// In keys and values.
Lines replaced(const Lines& lines, const std::string& from, const std::string& to);

}  // namespace golden
