#include "actions/fields.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "actions/machine/paths.h"

namespace actions {
namespace {

bool has_parent_step(std::string_view path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find_first_of("\\/", begin), path.size());
    if (path.substr(begin, end - begin) == "..") return true;
    begin = end + 1;
  }
  return false;
}

bool is_sha256(const std::string& digits) {
  return digits.size() == 64 && digits.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Empty: the text is what it must be.
std::string why_suspicious(const std::string& value, Text text) {
  switch (text) {
    case Text::kAny:
      return "";
    case Text::kNotEmpty:
      break;
    case Text::kFileName:
      if (const std::string why = machine::why_unsafe_name(value); !why.empty())
        return "it is no safe file name: " + why;
      break;
    case Text::kRelative:
      if (const std::string why = machine::why_unsafe_relative(value); !why.empty())
        return "it is no safe path: " + why;
      break;
    case Text::kAbsolute:
      if (machine::drive(value).empty() || has_parent_step(value)) return "it is no absolute path";
      break;
    case Text::kSha256:
      if (!is_sha256(value)) return "it is no SHA-256";
      break;
  }
  return value.empty() ? "it is no text" : "";
}

}  // namespace

void throw_damaged(const std::string& what, std::string_view key, const std::string& why) {
  std::string place = what;
  if (!key.empty()) place.append(", \"").append(key).append("\"");
  throw errors::Failure(errors::ExitCode::kJournalUnusable, what, "read the " + place + ": " + why);
}

Fields::Fields(std::string what, const Json& json) : what_(std::move(what)), json_(&json) {
  if (!json.is_object()) damaged("", "they are no JSON object");
}

void Fields::damaged(const char* key, const std::string& why) const {
  throw_damaged(what_, key, why);
}

const Json& Fields::at(const char* key) const {
  const auto found = json_->find(key);
  if (found == json_->end()) damaged(key, "it is missing");
  return *found;
}

std::uint64_t Fields::number(const char* key, const Json& json, std::uint64_t greatest) const {
  const bool negative =
      json.is_number_integer() && !json.is_number_unsigned() && json.get<std::int64_t>() < 0;
  if (!json.is_number_integer() || negative) damaged(key, "it is no whole number");
  const auto value = json.get<std::uint64_t>();
  if (value > greatest) damaged(key, "it is too large a number");
  return value;
}

std::string Fields::word(const char* key, const Json& json) const {
  std::string word;
  read(key, json, word, Text::kNotEmpty);
  return word;
}

void Fields::read(const char* key, const Json& json, std::string& value, Text text) const {
  if (!json.is_string()) damaged(key, "it is no text");
  value = json.get<std::string>();
  const std::string why = why_suspicious(value, text);
  if (!why.empty()) damaged(key, why);
}

void Fields::read(const char* key, const Json& json, bool& value, Text /*text*/) const {
  if (!json.is_boolean()) damaged(key, "it is neither true nor false");
  value = json.get<bool>();
}

void Fields::read(const char* key, const Json& json, std::uint32_t& value, Text /*text*/) const {
  value = static_cast<std::uint32_t>(number(key, json, std::numeric_limits<std::uint32_t>::max()));
}

void Fields::read(const char* key, const Json& json, std::uint64_t& value, Text /*text*/) const {
  value = number(key, json, std::numeric_limits<std::uint64_t>::max());
}

void Fields::read(const char* key, const Json& json, std::int64_t& value, Text /*text*/) const {
  value = static_cast<std::int64_t>(number(key, json, std::numeric_limits<std::int64_t>::max()));
}

void Fields::read(const char* key, const Json& json, errors::ExitCode& value, Text /*text*/) const {
  const std::uint64_t code = number(key, json, std::numeric_limits<std::uint64_t>::max());
  const auto known =
      code > 0xffff ? std::nullopt : errors::exit_code_from_number(static_cast<int>(code));
  if (!known) damaged(key, "it is no exit code");
  value = *known;
}

void Fields::read(const char* key, const Json& json, machine::ServiceState& value,
                  Text /*text*/) const {
  const std::string name = word(key, json);
  for (std::uint32_t number = 1; number <= 7; ++number) {
    value = static_cast<machine::ServiceState>(number);
    if (machine::to_text(value) == name) return;
  }
  damaged(key, "no service state is called " + name);
}

void Fields::read(const char* key, const Json& json, machine::StartType& value,
                  Text /*text*/) const {
  const std::string name = word(key, json);
  for (std::uint32_t number = 0; number <= 4; ++number) {
    value = static_cast<machine::StartType>(number);
    if (machine::to_text(value) == name) return;
  }
  damaged(key, "no start type is called " + name);
}

void Fields::read(const char* key, const Json& json, machine::ServiceConfig& value,
                  Text /*text*/) const {
  try {
    value = machine::service_config_from_json(json);
  } catch (const Json::exception& error) {
    damaged(key, error.what());
  }
  if (value.image.empty()) damaged(key, "a service has an image");
}

void Fields::read(const char* key, const Json& json, Json& value, Text /*text*/) const {
  if (!json.is_object()) damaged(key, "it is no JSON object");
  value = json;
}

void Fields::read(const char* key, const Json& json, std::map<std::string, std::string>& values,
                  Text text) const {
  if (!json.is_object()) damaged(key, "it is no JSON object");
  values.clear();
  for (const auto& [name, entry] : json.items())
    read(key, entry, values[name], text);
}

}  // namespace actions
