#include "package/package_check.h"

#include <map>
#include <utility>

#include "actions/machine/paths.h"
#include "actions/machine/sha256.h"
#include "errors/failure.h"
#include "package/parts.h"
#include "text/printable.h"

namespace package {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::FileInfo;
using machine::FileKind;
using machine::HostFiles;

constexpr std::string_view kManifestName = "payload.json";
constexpr std::string_view kPayloadName = "bin";

[[noreturn]] void refuse(const std::string& object, const std::string& defect) {
  throw Failure(ExitCode::kPackageDamaged, object, "use the package: " + object + " " + defect);
}

std::string in_package(std::string_view path) {
  return std::string(kPayloadName) + "/" + text::printable(path);
}

void check_parts(const CheckedPackage& package) {
  for (const Part& part : required_parts()) {
    if (package.manifest.version.major < part.since_major) continue;
    const PayloadFile* file = package.find(part.path);
    if (file == nullptr) refuse(in_package(part.path), "is not listed in payload.json");
    if (file->role != part.role) {
      refuse(in_package(part.path), "has the role " + std::string(to_text(file->role)) +
                                        " in payload.json, not " + std::string(to_text(part.role)));
    }
  }
}

// Checks every name under bin/: each file there must be listed, and each listed file must be there.
class Inventory {
 public:
  Inventory(HostFiles& host, CheckedPackage& package) : host_(host), package_(package) {
    for (PayloadFile& file : package.manifest.files) {
      listed_.emplace(machine::fold_case(file.path), Entry{&file, false});
      const std::string folded = machine::fold_case(file.path);
      for (auto end = folded.find('/'); end != std::string::npos; end = folded.find('/', end + 1)) {
        folders_.emplace(folded.substr(0, end), false);
      }
    }
  }

  void take() {
    const auto info = host_.stat(package_.payload_folder);
    if (!info) refuse(std::string(kPayloadName), "is missing");
    if (info->kind != FileKind::kFolder) refuse(std::string(kPayloadName), "is not a folder");
    walk("");
    for (const auto& [folded, entry] : listed_) {
      if (!entry.found) refuse(in_package(entry.file->path), "is missing");
    }
  }

 private:
  struct Entry {
    PayloadFile* file;
    bool found;
  };

  // `prefix` is "" or ends with '/'. Listed paths bound the depth: an unlisted folder is not
  // entered.
  void walk(const std::string& prefix) {
    for (const std::string& name : host_.list(package_.payload_folder + "/" + prefix)) {
      const std::string path = prefix + name;
      const auto info = host_.stat(package_.payload_folder + "/" + path);
      if (!info) refuse(in_package(path), "went away while the package was checked");
      if (info->kind == FileKind::kLink) refuse(in_package(path), "is a link or a special file");
      if (info->kind == FileKind::kFolder) {
        enter(path);
      } else {
        see(path, *info);
      }
    }
  }

  void enter(const std::string& path) {
    const auto folder = folders_.find(machine::fold_case(path));
    if (folder == folders_.end()) {
      const bool file = listed_.contains(machine::fold_case(path));
      refuse(in_package(path), file ? "is a folder, not a file" : "is not listed in payload.json");
    }
    if (std::exchange(folder->second, true)) {
      refuse(in_package(path), "is there twice, in different case");
    }
    walk(path + "/");
  }

  void see(const std::string& path, const FileInfo& info) {
    const auto entry = listed_.find(machine::fold_case(path));
    if (entry == listed_.end()) refuse(in_package(path), "is not listed in payload.json");
    if (std::exchange(entry->second.found, true)) {
      refuse(in_package(path), "is there twice, in different case");
    }
    PayloadFile& file = *entry->second.file;
    if (info.size != file.size) {
      refuse(in_package(path), "has " + std::to_string(info.size) + " bytes, not the " +
                                   std::to_string(file.size) + " of payload.json");
    }
    file.path = path;
  }

  HostFiles& host_;
  CheckedPackage& package_;
  std::map<std::string, Entry> listed_;  // by path without case
  std::map<std::string, bool> folders_;  // all that listed files lie in; true: seen
};

void check_content(HostFiles& host, const CheckedPackage& package) {
  for (const PayloadFile& file : package.manifest.files) {
    const std::string path = package.payload_folder + "/" + file.path;
    if (host.sha256(path) != file.sha256) {
      refuse(in_package(file.path), "is not the file of payload.json: its SHA-256 differs");
    }
  }
}

// What runs must be of the payload's version, and for its processor.
void check_image(HostFiles& host, const CheckedPackage& package, const PayloadFile& file) {
  const std::string wanted = to_text(package.manifest.version);
  const auto image = host.version(package.payload_folder + "/" + file.path);
  if (!image) refuse(in_package(file.path), "has no version resource");
  const auto version = version_of(*image);
  if (!version) refuse(in_package(file.path), "has a version resource that contradicts itself");
  if (*version != package.manifest.version) {
    refuse(in_package(file.path),
           "is of version " + to_text(*version) + ", payload.json says " + wanted);
  }
  const auto processor = processor_of(package.payload_folder + "/" + file.path);
  if (processor != package.manifest.machine) {
    refuse(in_package(file.path), "is for " + std::string(processor.value_or("another processor")) +
                                      ", payload.json says " + package.manifest.machine);
  }
  if (file.version && *file.version != *version) {
    refuse(in_package(file.path), "is listed with version " + to_text(*file.version) +
                                      ", its version resource says " + to_text(*version));
  }
}

void check_images(HostFiles& host, const CheckedPackage& package) {
  for (const Role role : {Role::kDriver, Role::kService}) {
    for (const PayloadFile* file : package.with_role(role))
      check_image(host, package, *file);
  }
}

}  // namespace

const PayloadFile* CheckedPackage::find(std::string_view path) const {
  for (const PayloadFile& file : manifest.files) {
    if (machine::equal_paths(file.path, path)) return &file;
  }
  return nullptr;
}

const PayloadFile* CheckedPackage::find_name(std::string_view file_name) const {
  for (const PayloadFile& file : manifest.files) {
    if (machine::equal_paths(machine::file_name(file.path), file_name)) return &file;
  }
  return nullptr;
}

std::vector<const PayloadFile*> CheckedPackage::with_role(Role role) const {
  std::vector<const PayloadFile*> files;
  for (const PayloadFile& file : manifest.files) {
    if (file.role == role) files.push_back(&file);
  }
  return files;
}

std::uint64_t CheckedPackage::total_bytes() const {
  std::uint64_t total = 0;
  for (const PayloadFile& file : manifest.files)
    total += file.size;
  return total;
}

CheckedPackage check_package(HostFiles& host, const std::string& package_root) {
  try {
    ClaimedPackage claim = read_claim(host, package_root);
    CheckedPackage package{std::move(claim.manifest), std::move(claim.identity),
                           package_root + "/" + std::string(kPayloadName)};
    check_parts(package);
    Inventory(host, package).take();
    check_content(host, package);
    check_images(host, package);
    return package;
  } catch (Failure& failure) {
    failure.add_context("while checking the package in " + text::printable(package_root));
    throw;
  }
}

ClaimedPackage read_claim(HostFiles& host, const std::string& package_root) {
  const std::string path = package_root + "/" + std::string(kManifestName);
  const auto info = host.stat(path);
  const std::string name(kManifestName);
  if (!info) refuse(name, "is missing");
  if (info->kind != FileKind::kFile) refuse(name, "is not a plain file");
  if (info->size > kMaxManifestBytes) refuse(name, "is larger than 4 MiB");
  const std::string text = host.read(path, kMaxManifestBytes);
  return {parse_manifest(text), machine::sha256_of(text)};
}

}  // namespace package
