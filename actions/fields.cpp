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

}  // namespace

Fields::Fields(std::string what, const Json& json) : what_(std::move(what)), json_(&json) {
  if (!json.is_object()) damaged("", "they are no JSON object");
}

void Fields::damaged(const char* key, const std::string& why) const {
  const std::string place = *key == '\0' ? what_ : what_ + ", \"" + key + "\"";
  throw errors::Failure(errors::ExitCode::kJournalUnusable, what_,
                        "read the " + place + ": " + why);
}

const Json& Fields::at(const char* key) const {
  const auto found = json_->find(key);
  if (found == json_->end()) damaged(key, "it is missing");
  return *found;
}

bool Fields::is_written(const char* key) const { return json_->contains(key); }

bool Fields::has(const char* key) const { return !at(key).is_null(); }

std::string Fields::text(const char* key) const {
  const Json& value = at(key);
  if (!value.is_string() || value.get_ref<const std::string&>().empty())
    damaged(key, "it is no text");
  return value.get<std::string>();
}

std::string Fields::any_text(const char* key) const {
  const Json& value = at(key);
  if (!value.is_string()) damaged(key, "it is no text");
  return value.get<std::string>();
}

std::string Fields::relative(const char* key) const {
  std::string path = text(key);
  const std::string why = machine::why_unsafe_relative(path);
  if (!why.empty()) damaged(key, "it is no safe path: " + why);
  return path;
}

std::string Fields::name(const char* key) const {
  std::string name = text(key);
  const std::string why = machine::why_unsafe_name(name);
  if (!why.empty()) damaged(key, "it is no safe file name: " + why);
  return name;
}

std::string Fields::absolute_path(const Json& value, const char* key) const {
  if (!value.is_string()) damaged(key, "it is no path");
  std::string path = value.get<std::string>();
  if (machine::drive(path).empty() || has_parent_step(path)) damaged(key, "it is no absolute path");
  return path;
}

std::string Fields::absolute(const char* key) const { return absolute_path(at(key), key); }

std::string Fields::hash(const char* key) const {
  std::string digits = text(key);
  if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
    damaged(key, "it is no SHA-256");
  }
  return digits;
}

std::uint64_t Fields::number(const char* key) const {
  const Json& value = at(key);
  const bool negative =
      value.is_number_integer() && !value.is_number_unsigned() && value.get<std::int64_t>() < 0;
  if (!value.is_number_integer() || negative) damaged(key, "it is no whole number");
  return value.get<std::uint64_t>();
}

bool Fields::flag(const char* key) const {
  const Json& value = at(key);
  if (!value.is_boolean()) damaged(key, "it is neither true nor false");
  return value.get<bool>();
}

std::vector<std::string> Fields::texts(const char* key) const {
  const Json& value = at(key);
  if (!value.is_array()) damaged(key, "it is no list");
  std::vector<std::string> texts;
  for (const Json& entry : value) {
    if (!entry.is_string()) damaged(key, "not all of it is text");
    texts.push_back(entry.get<std::string>());
  }
  return texts;
}

std::vector<std::string> Fields::absolutes(const char* key) const {
  const Json& value = at(key);
  if (!value.is_array()) damaged(key, "it is no list");
  std::vector<std::string> paths;
  for (const Json& entry : value)
    paths.push_back(absolute_path(entry, key));
  return paths;
}

Fields Fields::object(const char* key) const { return {what_ + ", \"" + key + "\"", at(key)}; }

std::vector<Fields> Fields::objects(const char* key) const {
  const Json& value = at(key);
  if (!value.is_array()) damaged(key, "it is no list");
  std::vector<Fields> objects;
  for (const Json& entry : value)
    objects.emplace_back(what_ + ", \"" + key + "\"", entry);
  return objects;
}

machine::ServiceConfig Fields::service(const char* key) const {
  machine::ServiceConfig config;
  try {
    config = machine::service_config_from_json(at(key));
  } catch (const Json::exception& error) {
    damaged(key, error.what());
  }
  if (config.image.empty()) damaged(key, "a service has an image");
  return config;
}

machine::ServiceState Fields::service_state(const char* key) const {
  const std::string word = text(key);
  for (std::uint32_t number = 1; number <= 7; ++number) {
    const auto state = static_cast<machine::ServiceState>(number);
    if (machine::to_text(state) == word) return state;
  }
  damaged(key, "no service state is called " + word);
}

machine::StartType Fields::start_type(const char* key) const {
  const std::string word = text(key);
  for (std::uint32_t number = 0; number <= 4; ++number) {
    const auto start = static_cast<machine::StartType>(number);
    if (machine::to_text(start) == word) return start;
  }
  damaged(key, "no start type is called " + word);
}

errors::ExitCode Fields::exit_code(const char* key) const {
  const std::uint64_t value = number(key);
  const auto code =
      value > 0xffff ? std::nullopt : errors::exit_code_from_number(static_cast<int>(value));
  if (!code) damaged(key, "it is no exit code");
  return *code;
}

}  // namespace actions
