#include "engine/handler/doctor_surroundings.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>

#include "actions/machine/files.h"
#include "actions/machine/registry.h"
#include "engine/handler/environment.h"
#include "engine/planning/files.h"
#include "engine/planning/install.h"
#include "engine/planning/recovery_copy.h"
#include "engine/product/meta.h"
#include "engine/product/places.h"
#include "engine/product/policy.h"
#include "errors/failure.h"
#include "package/foreign_package.h"
#include "package/package_check.h"
#include "text/printable.h"

namespace engine::handler {
namespace {

using errors::ExitCode;
using support::Area;
using support::Scene;

constexpr std::string_view kEnvironmentFile = "HandlerEnvironment.json";

// A failure with one of the codes is what was found; any other one kept it from being looked at.
void tell(const errors::Failure& failure, std::initializer_list<ExitCode> findings,
          const std::string& object, const Area& area) {
  if (std::ranges::find(findings, failure.code()) == findings.end())
    return area.unknown(object, failure);
  area.trouble(object, failure.message(), {failure.advice()});
}

void check_policy(const Scene& scene, const Area& area) {
  const std::string key(product::kPolicyKey);
  const auto failure = errors::failure_in([&] { planning::check_policy(scene.machine); });
  if (!failure) {
    area.ok("policy", "nothing forbids changes");
  } else if (failure->code() == ExitCode::kRefusedByPolicy) {
    area.note("policy", failure->object() + " forbids install and update (1006)",
              {"If that is not wanted any more:",
               {"reg delete \"" + key + "\" /v EbpfDisableRuntimeUpdate /f"}});
  } else {
    area.unknown("policy", *failure);
  }
  const auto writers = scene.machine.registry().get(key, product::kTrustedWritersValue);
  if (writers && !writers->data.empty()) {
    area.note("policy",
              std::string(product::kTrustedWritersValue) +
                  " lets write above the install folder: " + text::printable(writers->data));
  }
}

std::uint64_t bytes_of(const package::PayloadManifest& manifest) {
  std::uint64_t bytes = 0;
  for (const package::PayloadFile& file : manifest.files)
    bytes += file.size;
  return bytes;
}

std::string megabytes(std::uint64_t bytes) {
  constexpr std::uint64_t kMegabyte = 1024 * 1024;
  return std::to_string(bytes / kMegabyte) + " MB";
}

// An update stages all of its files beside those that are there, and copies its program.
void check_room(const Scene& scene, const Request& request, std::uint64_t package_bytes,
                const Area& area) {
  std::uint64_t bytes = 0;
  for (const journal::Owned& owned : scene.installation.owned) {
    if (owned.kind == "file")
      bytes += static_cast<std::uint64_t>(std::max<std::int64_t>(owned.size, 0));
  }
  const std::uint64_t needed = planning::room_needed(std::max(bytes, package_bytes));
  const std::string folder = scene.installation.install_folder.empty()
                                 ? product::default_install_folder(scene.machine)
                                 : scene.installation.install_folder;
  const std::uint64_t free = scene.machine.files().free_bytes(folder);
  const std::string text =
      megabytes(free) + " free, and an update like this one needs " + megabytes(needed);
  const bool is_short =
      free < needed || !planning::has_room_for_copy(scene.machine, request.program);
  if (!is_short) return area.ok("room", text);
  area.trouble("room", text + ": it would be refused (1108)",
               {"Free space on the system drive:", {"fsutil volume diskfree C:"}});
}

void check_package(const Scene& scene, const Request& request, const Area& area) {
  machine::HostFiles& host = scene.machine.host();
  std::optional<package::PayloadManifest> manifest;
  if (host.stat(request.package_root + "/payload.json")) {
    const auto failure = errors::failure_in([&] {
      manifest = package::read_claim(host, request.package_root).manifest;
      planning::check_platform(scene.machine, *manifest);
    });
    if (failure)
      tell(*failure, {ExitCode::kUnsupportedOs, ExitCode::kPackageDamaged},
           "this program's package", area);
  }
  area.look("room", [&] { check_room(scene, request, manifest ? bytes_of(*manifest) : 0, area); });
}

// Only looked at: whether a folder can be written a command finds out, by writing.
void check_folder(machine::HostFiles& host, const std::string& key, const std::string& path,
                  const Area& area) {
  if (path.empty()) return area.note(key, "is not given: no events are written");
  const auto there = host.stat(path);
  if (!there) return area.note(key, path + " is missing: a command that needs it makes it");
  if (there->kind == machine::FileKind::kFolder) return area.ok(key, path);
  area.trouble(key, path + " is no folder",
               {"Move away what is there; the next command makes the folder."});
}

std::string separator_in(const std::string& path) {
  return path.find('\\') == std::string::npos ? "/" : "\\";
}

// Packages of another handler, the PowerShell handler's, beside one of ours.
void check_siblings(machine::HostFiles& host, const std::string& root, const Area& area) {
  const std::string above = root.substr(0, root.find_last_of("/\\"));
  if (above.empty() || !host.stat(above)) return;
  for (const std::string& name : host.list(above)) {
    const std::string folder = above + separator_in(above) + name;
    const auto there = host.stat(folder);
    if (!there || there->kind != machine::FileKind::kFolder) continue;
    if (package::handler_of(host, folder) == package::HandlerOf::kOthers)
      area.note("another handler", "has its package beside ours: " + text::printable(folder));
  }
}

void check_agent(const Scene& scene, const Request& request, const Area& area) {
  machine::HostFiles& host = scene.machine.host();
  std::vector<std::string> roots{request.package_root};
  for (std::string& folder : package_folders(scene.records))
    roots.push_back(std::move(folder));
  const auto root = std::ranges::find_if(
      roots, [&](const auto& folder) { return has_environment(host, folder); });
  if (root == roots.end()) {
    const std::string text =
        "no package folder with " + std::string(kEnvironmentFile) + " is known";
    if (!scene.installation.wanted_by_vm_agent || scene.extension_is_gone)
      return area.ok("its folders", text);
    return area.trouble(
        "its folders", text,
        {"Restart the VM Agent, which writes that file:",
         {"sc.exe stop WindowsAzureGuestAgent", "sc.exe start WindowsAzureGuestAgent"}});
  }
  check_siblings(host, *root, area);
  HandlerEnvironment environment;
  const auto failure = errors::failure_in([&] { environment = read_environment(host, *root); });
  if (failure)
    return tell(*failure, {ExitCode::kBadEnvironment, ExitCode::kNoEnvironment}, "its folders",
                area);
  const std::vector<std::pair<std::string, std::string>> folders{
      {"logFolder", environment.log_folder},
      {"configFolder", environment.config_folder},
      {"statusFolder", environment.status_folder},
      {"eventsFolder", environment.events_folder}};
  for (const auto& folder : folders)
    area.look(folder.first, [&] { check_folder(host, folder.first, folder.second, area); });
}

}  // namespace

void check_surroundings(const Scene& scene, const Request& request, support::Checkup& checkup) {
  const Area update(checkup, "next update");
  update.look("policy", [&] { check_policy(scene, update); });
  update.look("this program's package", [&] { check_package(scene, request, update); });
  const Area agent(checkup, "VM Agent");
  agent.look("its folders", [&] { check_agent(scene, request, agent); });
}

std::vector<std::string> package_folders(const journal::Records* records) {
  if (records == nullptr) return {};
  std::vector<std::string> folders =
      product::strings_from_text(records->meta(product::meta::kPackageFolders));
  std::ranges::reverse(folders);
  return folders;
}

bool has_environment(machine::HostFiles& host, const std::string& root) {
  return host.stat(root + "/" + std::string(kEnvironmentFile)).has_value();
}

}  // namespace engine::handler
