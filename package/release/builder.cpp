#include "package/release/builder.h"

#include <filesystem>
#include <optional>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "actions/machine/paths.h"
#include "actions/machine/pe_version.h"
#include "errors/failure.h"
#include "package/handler_manifest.h"
#include "package/parts.h"
#include "package/release/zip.h"
#include "text/printable.h"

namespace package::release {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;
using machine::FileKind;
using machine::HostFiles;

constexpr std::string_view kPayloadManifest = "payload.json";
constexpr std::string_view kPayloadPrefix = "bin/";
// GuestProxyAgent's own set-up runs it, without an argument, where the package is unpacked in a
// folder of its package.
constexpr std::string_view kSetupScriptName = "setup.ps1";
constexpr std::string_view kSetupScript =
    "& \"$PSScriptRoot\\ebpf-handler.exe\" setup install --log "
    "\"$env:SystemDrive\\WindowsAzure\\Logs\\EbpfForWindows\"; exit $LASTEXITCODE\r\n";
constexpr std::string_view kPayloadAdvice =
    "Give the folder of an unpacked redist package of one release, as published.";

[[noreturn]] void refuse_to_build(const std::string& object, const std::string& defect,
                                  std::string_view advice = kPayloadAdvice) {
  throw Failure(ExitCode::kPackageDamaged, object,
                "make a package of the payload: " + object + " " + defect)
      .advise(std::string(advice));
}

void refuse_part(const std::string& part, const std::string& defect) {
  refuse_to_build(part, defect);
}

std::string below(const std::string& folder, const std::string& path) {
  return folder + "/" + path;
}

bool is_folder(HostFiles& host, const std::string& path) {
  const auto info = host.stat(path);
  return info && info->kind == FileKind::kFolder;
}

void list_folder(HostFiles& host, const std::string& root, const std::string& prefix,
                 std::vector<PayloadFile>& files) {
  const std::vector<std::string> names = host.list(below(root, prefix));
  if (names.empty()) refuse_to_build(prefix.empty() ? root : prefix, "is an empty folder");
  for (const std::string& name : names) {
    const std::string path = std::string(prefix).append(name);
    const auto info = host.stat(below(root, path));
    if (!info || info->kind == FileKind::kLink)
      refuse_to_build(text::printable(path), "is a link or a special file");
    if (text::printable(path) != path)
      refuse_to_build(text::printable(path), "has a name that is not plain ASCII");
    if (info->kind == FileKind::kFolder) {
      if (machine::equal_paths(path, "JIT"))
        refuse_to_build(path, "is of the MSI, not of a redist package");
      list_folder(host, root, std::string(path).append("/"), files);
      continue;
    }
    const auto role = role_of(path);
    if (!role) refuse_to_build(path, "has an extension that no part of eBPF for Windows has");
    files.push_back({path, info->size, host.sha256(below(root, path)), *role, std::nullopt});
  }
}

void check_handler(HostFiles& host, const std::string& path, const std::string& payload_machine) {
  const auto info = host.stat(path);
  if (!info || info->kind != FileKind::kFile || info->size == 0) {
    throw Failure(ExitCode::kUsage, path, "use " + path + " as the handler: it is no program")
        .advise("Give --handler the built ebpf-handler.");
  }
  if (!machine::read_pe_machine_of_file(path)) return;  // the Linux build
  if (supported_processor(path, path, refuse_part) == payload_machine) return;
  refuse_to_build(path, "is not for " + payload_machine + ", as the payload is");
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::random_device random;
    path_ = fs::temp_directory_path() / ("ebpf-package-" + std::to_string(random()));
    if (!fs::create_directory(path_)) {
      throw Failure(ExitCode::kGeneric, path_.string(), "make a temporary folder");
    }
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

// A file that goes unless it was put in its place.
class NewFile {
 public:
  explicit NewFile(std::string place) : place_(std::move(place)), path_(place_ + ".new") {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  const std::string& path() const { return path_; }
  void put_in_place() const { fs::rename(path_, place_); }

 private:
  std::string place_;
  std::string path_;
};

std::string handler_text(HostFiles& host, const std::string& path) {
  constexpr std::uint64_t kMaxHandler = 256ULL * 1024 * 1024;  // with debug information
  const auto processor = processor_of(path);
  if (!processor) return "no Windows program: for the simulated VM only";
  const bool faulty = host.read(path, kMaxHandler).find("EBPF_HANDLER_FAULT") != std::string::npos;
  return "Windows " + std::string(*processor) +
         (faulty ? " with fault injection: for tests only" : "");
}

ShippedPackage check_folder(HostFiles& host, const std::string& folder) {
  constexpr std::uint64_t kMaxHandlerManifest = 64 * 1024;
  const std::string manifest = folder + "/" + std::string(kHandlerManifestName);
  for (const std::string_view name : {kHandlerManifestName, kHandlerProgram}) {
    const auto info = host.stat(folder + "/" + std::string(name));
    if (info && info->kind == FileKind::kFile && info->size > 0) continue;
    throw Failure(ExitCode::kPackageDamaged, std::string(name),
                  "use the package: " + std::string(name) + " is missing, empty or no plain file");
  }
  check_handler_manifest(host.read(manifest, kMaxHandlerManifest));
  return {check_package(host, folder),
          handler_text(host, folder + "/" + std::string(kHandlerProgram))};
}

std::vector<ZipEntry> entries_of(const BuildRequest& request, const std::string& root,
                                 const PayloadManifest& manifest) {
  std::vector<ZipEntry> entries{{std::string(kHandlerManifestName), handler_manifest()},
                                {std::string(kHandlerProgram), HostPath{request.handler}},
                                {std::string(kSetupScriptName), std::string(kSetupScript)},
                                {std::string(kPayloadManifest), to_json(manifest)}};
  for (const PayloadFile& file : manifest.files) {
    entries.push_back({std::string(kPayloadPrefix) + file.path, HostPath{root + "/" + file.path}});
  }
  return entries;
}

}  // namespace

std::string find_payload_root(HostFiles& host, const std::string& folder) {
  if (!is_folder(host, folder)) refuse_to_build(folder, "is not a folder");
  std::vector<std::string> found;
  for (const char* below : {"/package/bin", "/lib/native/bin"}) {
    if (is_folder(host, folder + below)) found.push_back(folder + below);
  }
  for (const std::string& name : host.list(folder)) {
    if (machine::equal_paths(name, "drivers")) found.push_back(folder);
  }
  if (found.empty())
    refuse_to_build(folder, "has neither package/bin nor lib/native/bin nor drivers");
  if (found.size() > 1)
    refuse_to_build(folder, "has two payloads: " + found[0] + " and " + found[1]);
  return found.front();
}

PayloadManifest list_payload(HostFiles& host, const std::string& payload_root) {
  PayloadManifest manifest;
  list_folder(host, payload_root, "", manifest.files);
  for (PayloadFile& file : manifest.files) {
    const auto image = host.version(below(payload_root, file.path));
    if (image) file.version = version_of(*image);
  }
  if (!take_from_drivers(payload_root, manifest, refuse_part))
    refuse_to_build(payload_root, "has no driver");
  require_parts(manifest, refuse_part);
  manifest.min_os_build = min_os_build_of(manifest.version);
  try {
    return parse_manifest(to_json(manifest));
  } catch (Failure& failure) {  // it is ours: whoever reads this makes packages
    failure.advise(std::string(kPayloadAdvice));
    failure.add_context("while listing the payload in " + text::printable(payload_root));
    throw;
  }
}

BuiltPackage build_package(HostFiles& host, const BuildRequest& request) {
  const std::string root = find_payload_root(host, request.payload);
  PayloadManifest manifest = list_payload(host, root);
  const HandlerVersion& version = request.version;
  manifest.handler = version;
  if (!is_payload_of(manifest.version, version)) {
    Version numbers = manifest.version;
    numbers.tag.clear();
    refuse_to_build(root,
                    "is of version " + to_text(manifest.version) + ", which is not version " +
                        to_text(version) + " of the handler",
                    "Give --version " + to_text(numbers) +
                        ".1 (or another count), or the payload of the other version.");
  }
  check_handler(host, request.handler, manifest.machine);

  fs::create_directories(request.out);
  const std::string zip = request.out + "/" + std::string(kPublisher) + "." +
                          std::string(kExtensionType) + "." + to_text(version) + ".zip";
  const NewFile made(zip);
  const std::vector<ZipEntry> entries = entries_of(request, root, manifest);
  write_zip(made.path(), entries);
  const ShippedPackage shipped = check_shipped(host, made.path());

  const std::string hash = host.sha256(made.path());
  const bool present = host.stat(zip).has_value();
  if (present && !request.force && host.sha256(zip) != hash) {
    throw Failure(ExitCode::kUsage, zip, "write " + zip + ": it is there with other content")
        .advise("Use --force to replace it, or another version: a published version is final.");
  }
  made.put_in_place();
  return {zip, fs::file_size(zip), hash, entries.size(), manifest, shipped.handler};
}

ShippedPackage check_shipped(HostFiles& host, const std::string& zip_or_folder) {
  if (is_folder(host, zip_or_folder)) return check_folder(host, zip_or_folder);
  const TemporaryFolder extracted;
  extract_zip(zip_or_folder, extracted.path());
  ShippedPackage package = check_folder(host, extracted.path());
  package.checked.payload_folder.clear();  // gone with the temporary folder
  return package;
}

}  // namespace package::release
