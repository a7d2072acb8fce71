#include "engine/handler/environment.h"

#include <charconv>
#include <limits>
#include <string_view>

#include "errors/failure.h"
#include "json/json.h"

namespace engine::handler {
namespace {

using errors::ExitCode;
using errors::Failure;
using Json = nlohmann::json;

constexpr std::string_view kFileName = "HandlerEnvironment.json";
constexpr std::uint64_t kMaxBytes = 1024 * 1024;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kSettings = ".settings";

Failure bad(const std::string& path, const std::string& what) {
  return {ExitCode::kBadEnvironment, path, "use " + path + ": " + what};
}

std::string folder(const Json& values, const char* key, const std::string& path) {
  const auto found = values.find(key);
  if (found == values.end() || !found->is_string() ||
      found->get_ref<const std::string&>().empty()) {
    throw bad(path, std::string("it names no ") + key);
  }
  return found->get<std::string>();
}

std::optional<std::int64_t> plain_number(std::string_view text) {
  constexpr std::size_t kMaxDigits = 10;
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool digits_only =
      error == std::errc() && end == text.data() + text.size() && text.front() != '-';
  if (!digits_only || number > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  return number;
}

}  // namespace

HandlerEnvironment read_environment(machine::HostFiles& host, const std::string& package_root) {
  const std::string path = package_root + "/" + std::string(kFileName);
  const auto info = host.stat(path);
  if (!info) throw Failure(ExitCode::kNoEnvironment, path, "find " + path);
  if (info->kind != machine::FileKind::kFile) throw bad(path, "it is not a file");
  if (info->size > kMaxBytes) throw bad(path, "it is larger than 1 MiB");
  std::string text = host.read(path, kMaxBytes);
  if (text.starts_with(kUtf8Mark)) text.erase(0, kUtf8Mark.size());
  const Json json = bounded::json(text);
  if (json.is_discarded())
    throw bad(path, text.empty() ? "it is empty" : "it is not valid JSON in UTF-8");
  if (!json.is_array() || json.empty() || !json.front().is_object())
    throw bad(path, "it is not an array of objects");
  const auto values = json.front().find("handlerEnvironment");
  if (values == json.front().end() || !values->is_object())
    throw bad(path, "it has no handlerEnvironment");

  HandlerEnvironment environment;
  environment.log_folder = folder(*values, "logFolder", path);
  environment.config_folder = folder(*values, "configFolder", path);
  environment.status_folder = folder(*values, "statusFolder", path);
  for (const char* key : {"eventsFolder", "eventsFolder_preview"}) {
    if (environment.events_folder.empty() && values->contains(key) && values->at(key).is_string()) {
      environment.events_folder = values->at(key).get<std::string>();
    }
  }
  return environment;
}

namespace {

// Makes the folder with all levels above it that are missing.
void make_folder(machine::HostFiles& host, const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  if (slash != std::string::npos && slash != 0 && !host.stat(path)) {
    const std::string above = path.substr(0, slash);
    if (!above.ends_with(':') && !host.stat(above)) make_folder(host, above);
  }
  host.create_folder(path);
}

// Makes the folder and writes into it.
void check_folder(machine::HostFiles& host, const std::string& path, ExitCode code,
                  const std::string& context, const std::string& advice) {
  try {
    make_folder(host, path);
    host.check_writable(path);
  } catch (Failure& failure) {
    failure.recode(code).add_context(context).advise(advice);
    throw;
  }
}

}  // namespace

void check_folders(machine::HostFiles& host, const HandlerEnvironment& environment, bool status) {
  const auto check = [&host](const std::string& path, const std::string& key) {
    check_folder(host, path, ExitCode::kBadEnvironment,
                 "while checking the " + key + " that " + std::string(kFileName) + " names",
                 "Make the folder " + path + " writable for SYSTEM,");
  };
  check(environment.log_folder, "logFolder");
  if (status) check(environment.status_folder, "statusFolder");
}

void check_log_folder(machine::HostFiles& host, const std::string& folder) {
  check_folder(host, folder, ExitCode::kUsage, "while checking the folder that --log names",
               "Give --log a folder that can be made and written,");
}

std::optional<std::int64_t> sequence_number(machine::HostFiles& host,
                                            const HandlerEnvironment& environment,
                                            const std::optional<std::string>& variable) {
  if (variable && !variable->empty()) {
    const auto number = plain_number(*variable);
    if (!number) {
      constexpr std::size_t kShown = 40;
      throw Failure(ExitCode::kBadSequenceNumber, "ConfigSequenceNumber",
                    "use ConfigSequenceNumber \"" + variable->substr(0, kShown) + "\"");
    }
    return number;
  }
  std::optional<std::int64_t> highest;
  if (!host.stat(environment.config_folder)) return highest;
  for (const std::string& name : host.list(environment.config_folder)) {
    if (!name.ends_with(kSettings)) continue;
    const auto number =
        plain_number(std::string_view(name).substr(0, name.size() - kSettings.size()));
    if (number && (!highest || *number > *highest)) highest = number;
  }
  return highest;
}

}  // namespace engine::handler
