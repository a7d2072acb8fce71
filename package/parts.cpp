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

}  // namespace package
