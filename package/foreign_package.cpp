#include "package/foreign_package.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/machine/paths.h"
#include "errors/failure.h"
#include "package/handler_manifest.h"
#include "package/parts.h"
#include "text/printable.h"

namespace package {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::FileKind;
using machine::HostFiles;

constexpr std::uint64_t kMaxHandlerManifest = 64 * 1024;

// Where releases of the PowerShell handler have the payload; "": beside the scripts.
constexpr std::array<std::string_view, 4> kLayouts{"", "/bin", "/package/bin", "/lib/native/bin"};
constexpr std::string_view kTracingScript = "ebpf_tracing.cmd";
constexpr std::string_view kTracingTask = "ebpf_tracing_";
constexpr std::string_view kDriversFolder = "drivers";
constexpr int kDeepest = 4;  // folders below the payload's

[[noreturn]] void refuse_foreign(const std::string& object, const std::string& defect) {
  throw Failure(ExitCode::kPackageDamaged, object,
                "use the package's payload: " + object + " " + defect);
}

bool is_folder(HostFiles& host, const std::string& path) {
  const auto info = host.stat(path);
  return info && info->kind == FileKind::kFolder;
}

// The name of a folder in `folder` in the case that the disk has; nullopt if there is none.
std::optional<std::string> folder_named(HostFiles& host, const std::string& folder,
                                        std::string_view name) {
  for (const std::string& found : host.list(folder)) {
    if (machine::equal_names(found, name) && is_folder(host, folder + "/" + found)) return found;
  }
  return std::nullopt;
}

std::string payload_in(HostFiles& host, const std::string& folder) {
  std::vector<std::string> found;
  for (const std::string_view layout : kLayouts) {
    const std::string root = folder + std::string(layout);
    if (is_folder(host, root) && folder_named(host, root, kDriversFolder)) found.push_back(root);
  }
  if (found.empty()) refuse_foreign(text::printable(folder), "has no payload: no folder 'drivers'");
  if (found.size() > 1) refuse_foreign(text::printable(folder), "has two payloads");
  return found.front();
}

// Scripts and XML files of other names are the handler's own.
bool is_part(const std::string& path, Role role) {
  const std::string name = machine::fold_case(path);
  if (role == Role::kScript) return name == kTracingScript;
  if (role == Role::kTask) return name.starts_with(kTracingTask);
  return true;
}

// Libraries and programs lie in the payload's own folder, drivers in theirs.
void list_into(PayloadManifest& manifest, HostFiles& host, const std::string& root,
               const std::string& prefix, int depth) {
  for (const std::string& name : host.list(root + "/" + prefix)) {
    const std::string path = prefix + name;
    const auto info = host.stat(root + "/" + path);
    if (!info || info->kind == FileKind::kLink) continue;
    if (info->kind == FileKind::kFolder) {
      if (depth < kDeepest && (depth > 0 || machine::equal_names(name, kDriversFolder)))
        list_into(manifest, host, root, path + "/", depth + 1);
      continue;
    }
    const auto role = role_of(path);
    if (!role || !is_part(path, *role)) continue;
    if (manifest.files.size() == kMaxPayloadFiles)
      refuse_foreign(text::printable(root), "has too much");
    PayloadFile file{path, info->size, host.sha256(root + "/" + path), *role, std::nullopt};
    if (const auto image = host.version(root + "/" + path)) file.version = version_of(*image);
    manifest.files.push_back(std::move(file));
  }
}

}  // namespace

HandlerOf handler_of(HostFiles& host, const std::string& folder) {
  HandlerOf found = HandlerOf::kUnknown;  // also where something cannot be read
  errors::failure_in([&] {
    if (!is_folder(host, folder)) {
      found = HandlerOf::kNobody;
      return;
    }
    const auto ours = runs_our_program(
        host.read(folder + "/" + std::string(kHandlerManifestName), kMaxHandlerManifest));
    if (ours) found = *ours ? HandlerOf::kUs : HandlerOf::kOthers;
  });
  return found;
}

std::string folder_beside(const std::string& root, const std::string& ours,
                          const std::string& version) {
  const std::size_t end = root.find_last_of("/\\") + 1;
  std::string name = root.substr(end);
  const bool is_named = !ours.empty() && name.ends_with(ours);
  name = is_named ? name.substr(0, name.size() - ours.size()) + version : version;
  return root.substr(0, end) + name;
}

CheckedPackage foreign_package(HostFiles& host, const std::string& folder,
                               const HandlerVersion& of) {
  try {
    CheckedPackage package;
    package.payload_folder = payload_in(host, folder);
    list_into(package.manifest, host, package.payload_folder, "", 0);
    take_from_drivers(package.payload_folder, package.manifest, refuse_foreign);
    require_parts(package.manifest, refuse_foreign);
    const Version& version = package.manifest.version;
    if (!is_payload_of(version, of))
      refuse_foreign(text::printable(folder), "has eBPF " + to_text(version));
    package.manifest.min_os_build = min_os_build_of(version);
    package.manifest = parse_manifest(to_json(package.manifest));
    return package;
  } catch (Failure& failure) {
    failure.add_context("while reading the package in " + text::printable(folder));
    throw;
  }
}

}  // namespace package
