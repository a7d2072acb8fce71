#include "tests/world/msi_product.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "actions/machine/simulated/registry_state.h"
#include "actions/machine/simulated/state.h"
#include "tests/world/furniture.h"

namespace world {
namespace {

namespace simulated = machine::simulated;
using machine::RegistryType;
using simulated::Access;

constexpr const char* kUninstall = R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\)";
constexpr const char* kInstaller = R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\)";
// {B6BCACB1-C872-4159-ABCB-43A50668056C} as the installer spells it in its own keys.
constexpr const char* kPackedUpgradeCode = "1BCACB6B278C9514BABC345A608650C6";

struct Numbers {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
};
Numbers numbers_of(const std::string& version) {
  std::array<unsigned, 3> parts{};
  std::size_t part = 0;
  for (const char letter : version) {
    if (letter == '.') {
      ++part;
    } else {
      parts.at(part) = parts.at(part) * 10 + static_cast<unsigned>(letter - '0');
    }
  }
  return {parts[0], parts[1], parts[2]};
}

// Four digits, of each version its own: "0.10.0" -> "0100", "1.0.0" -> "1000".
std::string digits_of(const std::string& version) {
  const Numbers numbers = numbers_of(version);
  std::string digits = std::to_string(numbers.major * 1000 + numbers.minor * 10 + numbers.patch);
  digits.insert(0, 4 - std::min<std::size_t>(4, digits.size()), '0');
  return digits;
}

// Of {022C44B5-8969-4B75-8DB0-73F98B1Bdddd}: dddd of the version.
std::string packed_product_code(const std::string& version) {
  const std::string d = digits_of(version);
  return std::string("5B44C220969857B4D80B379FB8B1") + d[1] + d[0] + d[3] + d[2];
}

std::string uninstall_key(const std::string& version) {
  return kUninstall + msi_product_code(version);
}
std::string user_data_key(const std::string& version) {
  return std::string(kInstaller) + R"(UserData\S-1-5-18\Products\)" + packed_product_code(version) +
         R"(\InstallProperties)";
}
std::string upgrade_code_key() {
  return std::string(kInstaller) + R"(UpgradeCodes\)" + kPackedUpgradeCode;
}

// "0.10.0" -> 0x000A0000: 8, 8 and 16 bits.
std::string version_number(const std::string& version) {
  const Numbers numbers = numbers_of(version);
  return std::to_string((numbers.major << 24U) + (numbers.minor << 16U) + numbers.patch);
}

void write_keys(VmHome& vm, const std::string& version) {
  for (const std::string& key : {uninstall_key(version), user_data_key(version)}) {
    set_value(vm, key, "DisplayName", RegistryType::kString, "eBPF for Windows");
    set_value(vm, key, "DisplayVersion", RegistryType::kString, version);
    set_value(vm, key, "Publisher", RegistryType::kString, "Microsoft");
    set_value(vm, key, "Version", RegistryType::kDword, version_number(version));
    set_value(vm, key, "WindowsInstaller", RegistryType::kDword, "1");
    set_value(vm, key, "InstallLocation", RegistryType::kString,
              std::string(kInstallFolder) + "\\");
    set_value(vm, key, "UninstallString", RegistryType::kExpandString,
              "MsiExec.exe /X" + msi_product_code(version));
  }
  set_value(vm, upgrade_code_key(), packed_product_code(version), RegistryType::kString, "");
}

void erase_key(VmHome& vm, const std::string& key) {
  Access access(vm);
  access.changed();
  simulated::erase_tree(access.state(), key);
}

void erase_keys(VmHome& vm, const std::string& version) {
  erase_key(vm, uninstall_key(version));
  erase_key(vm, user_data_key(version));
  erase_value(vm, upgrade_code_key(), packed_product_code(version));
}

}  // namespace

std::string msi_product_code(const std::string& version) {
  return "{022C44B5-8969-4B75-8DB0-73F98B1B" + digits_of(version) + "}";
}

bool has_msi(VmHome& vm, const std::string& version) {
  return !value(vm, uninstall_key(version), "DisplayName").empty();
}

void msi_install(VmHome& vm, const OtherEbpf& ebpf) {
  put_ebpf(vm, ebpf);
  write_keys(vm, ebpf.version);
}

void msi_repair(VmHome& vm, const OtherEbpf& ebpf) { put_ebpf(vm, ebpf); }

void msi_uninstall(VmHome& vm, const OtherEbpf& ebpf) {
  if (!has_msi(vm, ebpf.version)) return;
  take_ebpf(vm, ebpf);
  erase_keys(vm, ebpf.version);
}

void damage_msi(VmHome& vm, const std::string& version, MsiDamage damage) {
  switch (damage) {
    case MsiDamage::kNoVersion:
      for (const std::string& key : {uninstall_key(version), user_data_key(version)}) {
        erase_value(vm, key, "DisplayVersion");
        erase_value(vm, key, "Version");
      }
      return;
    case MsiDamage::kBrokenVersion:
      for (const std::string& key : {uninstall_key(version), user_data_key(version)}) {
        set_value(vm, key, "DisplayVersion", RegistryType::kString, "one.two");
        set_value(vm, key, "Version", RegistryType::kString, "three");
      }
      return;
    case MsiDamage::kNoUpgradeCode:
      erase_key(vm, upgrade_code_key());
      return;
    case MsiDamage::kUpgradeCodeAlone:
      erase_key(vm, uninstall_key(version));
      erase_key(vm, user_data_key(version));
      return;
    case MsiDamage::kOtherProduct:
      erase_key(vm, upgrade_code_key());
      set_value(vm, uninstall_key(version), "DisplayName", RegistryType::kString,
                "eBPF for Windows Viewer");
      return;
    case MsiDamage::kGarbage:
      erase_key(vm, upgrade_code_key());
      erase_key(vm, uninstall_key(version));
      set_value(vm, upgrade_code_key(), "no product code", RegistryType::kString, "");
      set_value(vm, upgrade_code_key(), std::string(32, 'Z'), RegistryType::kDword, "7");
      return;
  }
}

}  // namespace world
