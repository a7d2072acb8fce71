#include "tests/world/powershell_package.h"

#include <array>
#include <fstream>
#include <iterator>
#include <string>

#include "actions/machine/paths.h"
#include "json/json.h"

namespace world {
namespace {

namespace fs = std::filesystem;

constexpr std::array kPowerShellCommands{"install", "enable",    "disable",
                                         "update",  "uninstall", "reset"};

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void put_text(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

nlohmann::json manifest_of_scripts(const fs::path& folder) {
  std::string text = text_of(folder / "HandlerManifest.json");
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  const nlohmann::json json = bounded::json(text);
  if (!json.is_array() || json.empty() || !json[0].is_object()) return nullptr;
  return json[0].value("handlerManifest", nlohmann::json());
}

}  // namespace

void make_powershell_package(const fs::path& folder, const fs::path& payload, UpdateMode mode) {
  fs::create_directories(folder);
  fs::copy(payload, folder, fs::copy_options::recursive);
  nlohmann::ordered_json manifest;
  for (const std::string command : kPowerShellCommands) {
    manifest[command + "Command"] = ".\\scripts\\" + command + ".cmd";
    put_text(folder / "scripts" / (command + ".cmd"), "powershell -File " + command + ".ps1\r\n");
    put_text(folder / "scripts" / (command + ".ps1"), ". .\\common.ps1\r\n");
  }
  for (const char* flag : {"rebootAfterInstall", "reportHeartbeat", "continueOnUpdateFailure",
                           "supportsMultipleExtensions"})
    manifest[flag] = false;
  manifest["updateMode"] =
      mode == UpdateMode::kWithInstall ? "UpdateWithInstall" : "UpdateWithoutInstall";
  const nlohmann::ordered_json element{{"version", 1.0}, {"handlerManifest", manifest}};
  put_text(folder / "HandlerManifest.json",
           "\xEF\xBB\xBF" + nlohmann::ordered_json::array({element}).dump(2));
}

bool is_powershell_package(const fs::path& folder) {
  const nlohmann::json manifest = manifest_of_scripts(folder);
  return manifest.is_object() &&
         manifest.value("enableCommand", "").find("scripts\\") != std::string::npos;
}

UpdateMode update_mode_of(const fs::path& folder) {
  const nlohmann::json manifest = manifest_of_scripts(folder);
  const std::string mode = manifest.is_object() ? manifest.value("updateMode", "") : "";
  return mode.empty() || machine::equal_names(mode, "UpdateWithInstall")
             ? UpdateMode::kWithInstall
             : UpdateMode::kWithoutInstall;
}

}  // namespace world
