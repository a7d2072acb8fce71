#include "package/parts.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <tuple>

#include "actions/machine/paths.h"
#include "actions/machine/pe_version.h"

namespace package {
namespace {

constexpr auto kRequired = std::to_array<Part>({
    {kCoreDriver, Role::kDriver, 0},
    {kNetworkDriver, Role::kDriver, 0},
    {kApiLibrary, Role::kLibrary, 0},
    {kServiceProgram, Role::kService, 1},
});

struct RoleRow {
  std::string_view ending;  // of the path, lower case
  bool whole_name;          // or only the end of the name
  Role role;
};

// The first row that fits decides.
constexpr auto kRoles = std::to_array<RoleRow>({
    {"ebpfsvc.exe", true, Role::kService},
    {"ebpfnetsh.dll", true, Role::kNetshHelper},
    {".sys", false, Role::kDriver},
    {".dll", false, Role::kLibrary},
    {".exe", false, Role::kTool},
    {".xml", false, Role::kTask},
    {".cmd", false, Role::kScript},
    {".ps1", false, Role::kScript},
    {".pdb", false, Role::kSymbols},
});

// IMAGE_FILE_HEADER.Machine, from Microsoft's "PE Format" page.
constexpr std::uint16_t kMachineX64 = 0x8664;
constexpr std::uint16_t kMachineArm64 = 0xaa64;

constexpr int kServer2019 = 17763;
constexpr int kServer2022 = 20348;

}  // namespace

std::span<const Part> required_parts() { return kRequired; }

std::optional<Role> role_of(std::string_view path) {
  const std::string name = machine::fold_case(machine::file_name(path));
  for (const RoleRow& row : kRoles) {
    if (row.whole_name ? name == row.ending : name.ends_with(row.ending)) return row.role;
  }
  return std::nullopt;
}

std::optional<std::string_view> processor_of(const std::string& host_path) {
  const auto number = machine::read_pe_machine_of_file(host_path);
  if (number == kMachineX64) return "x64";
  if (number == kMachineArm64) return "arm64";
  return std::nullopt;
}

int min_os_build_of(const Version& version) {
  return std::tie(version.major, version.minor) < std::tuple(0, 21) ? kServer2019 : kServer2022;
}

std::string supported_processor(const std::string& host_path, const std::string& part,
                                const RefusePart& refuse) {
  const auto processor = processor_of(host_path);
  if (!processor) {
    refuse(part, machine::read_pe_machine_of_file(host_path)
                     ? "is for a processor other than x64 and arm64"
                     : "is no Windows image");
  }
  return std::string(*processor);
}

bool take_from_drivers(const std::string& root, PayloadManifest& manifest,
                       const RefusePart& refuse) {
  const PayloadFile* first = nullptr;
  for (const PayloadFile& file : manifest.files) {
    if (file.role != Role::kDriver) continue;
    if (!file.version) refuse(file.path, "has no version resource, or one that contradicts itself");
    const std::string processor = supported_processor(root + "/" + file.path, file.path, refuse);
    if (first == nullptr) {
      first = &file;
      manifest.version = *file.version;
      manifest.machine = processor;
    } else if (*file.version != manifest.version) {
      refuse(file.path, "is of version " + to_text(*file.version) + ", " + first->path + " of " +
                            to_text(manifest.version));
    } else if (processor != manifest.machine) {
      refuse(file.path, "is for " + processor + ", " + first->path + " for " + manifest.machine);
    }
  }
  return first != nullptr;
}

void require_parts(const PayloadManifest& manifest, const RefusePart& refuse) {
  for (const Part& part : required_parts()) {
    const bool is_there = std::ranges::any_of(manifest.files, [&part](const PayloadFile& file) {
      return machine::equal_paths(file.path, part.path);
    });
    if (manifest.version.major >= part.since_major && !is_there)
      refuse(std::string(part.path), "is missing");
  }
}

}  // namespace package
