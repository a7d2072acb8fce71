#include "package/handler_manifest.h"

#include <array>
#include <utility>

#include "actions/machine/paths.h"
#include "errors/failure.h"
#include "json/json.h"

namespace package {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// The VM Agent's names for its commands. All are needed: an agent finds out that one is missing
// when it wants to run it, for updateCommand after the old version was disabled. The Windows one
// has two names for reset.
constexpr std::array<std::pair<const char*, std::string_view>, 7> kCommands{{
    {"installCommand", "install"},
    {"enableCommand", "enable"},
    {"disableCommand", "disable"},
    {"updateCommand", "update"},
    {"uninstallCommand", "uninstall"},
    {"resetCommand", "reset"},
    {"resetStateCommand", "reset"},
}};
constexpr double kManifestVersion = 1.0;
constexpr std::array<const char*, 3> kFlags{"rebootAfterInstall", "reportHeartbeat",
                                            "continueOnUpdateFailure"};
// Install of the new version runs after its update. Any other text is taken as "no install".
constexpr std::string_view kUpdateMode = "UpdateWithInstall";

std::string command_line(std::string_view command) {
  return std::string(kHandlerProgram) + " " + std::string(command);
}

[[noreturn]] void refuse_handler_manifest(const std::string& defect) {
  const std::string name(kHandlerManifestName);
  throw errors::Failure(errors::ExitCode::kPackageDamaged, name, "use " + name + ": " + defect);
}

}  // namespace

std::string handler_manifest() {
  OrderedJson commands = OrderedJson::object();
  for (const auto& [key, command] : kCommands)
    commands[key] = command_line(command);
  for (const char* flag : kFlags)
    commands[flag] = false;
  commands["updateMode"] = kUpdateMode;
  const OrderedJson element{{"name", std::string(kPublisher) + "." + std::string(kExtensionType)},
                            {"version", kManifestVersion},
                            {"handlerManifest", std::move(commands)}};
  return OrderedJson::array({element}).dump(2) + "\n";
}

std::optional<bool> runs_our_program(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const Json json = bounded::json(text);
  if (!json.is_array() || json.empty() || !json[0].is_object() ||
      !json[0].contains("handlerManifest") || !json[0]["handlerManifest"].is_object())
    return std::nullopt;
  const Json& manifest = json[0]["handlerManifest"];
  if (!manifest.contains("enableCommand") || !manifest["enableCommand"].is_string())
    return std::nullopt;
  const auto line = manifest["enableCommand"].get<std::string>();
  const std::string program = line.substr(0, line.find(' '));
  const std::size_t folders = program.find_last_of("/\\");
  return machine::equal_paths(folders == std::string::npos ? program : program.substr(folders + 1),
                              kHandlerProgram);
}

void check_handler_manifest(std::string_view text) {
  const Json json = bounded::json(text);
  if (json.is_discarded()) refuse_handler_manifest("it is not JSON in UTF-8");
  if (!json.is_array() || json.size() != 1)
    refuse_handler_manifest("it is not an array of one element");
  if (!json[0].is_object() || !json[0].contains("handlerManifest") ||
      !json[0]["handlerManifest"].is_object()) {
    refuse_handler_manifest("'handlerManifest' is missing");
  }
  if (!json[0].contains("version") || json[0]["version"] != kManifestVersion)
    refuse_handler_manifest("'version' is not the number 1.0");
  const Json& manifest = json[0]["handlerManifest"];
  for (const auto& [key, command] : kCommands) {
    if (!manifest.contains(key) || manifest[key] != command_line(command)) {
      refuse_handler_manifest("'" + std::string(key) + "' is not \"" + command_line(command) +
                              "\"");
    }
  }
  for (const char* flag : kFlags) {
    if (!manifest.contains(flag) || manifest[flag] != false) {
      refuse_handler_manifest("'" + std::string(flag) + "' is not false");
    }
  }
  if (!manifest.contains("updateMode") || manifest["updateMode"] != kUpdateMode) {
    refuse_handler_manifest("'updateMode' is not \"" + std::string(kUpdateMode) + "\"");
  }
}

}  // namespace package
