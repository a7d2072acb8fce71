#pragma once

#include <string>

#include "tests/world/other_ebpf.h"

namespace world {

// The MSI of eBPF for Windows as an actor: what Windows Installer does to a machine with it. Its
// product has the UpgradeCode of eBPF for Windows, and one ProductCode for each version.
std::string msi_product_code(const std::string& version);

// msiexec /i: files, services and start as put_ebpf, and the installer's keys: Uninstall, UserData
// and UpgradeCodes.
void msi_install(VmHome& vm, const OtherEbpf& ebpf);
// msiexec /fa: its own files and registrations come back, over whatever is there.
void msi_repair(VmHome& vm, const OtherEbpf& ebpf);
// msiexec /x: services, files and keys go. Of a product that is not installed: nothing.
void msi_uninstall(VmHome& vm, const OtherEbpf& ebpf);
bool has_msi(VmHome& vm, const std::string& version);

// Ways in which the keys are not as the installer writes them.
enum class MsiDamage {
  kNoVersion,         // neither DisplayVersion nor Version
  kBrokenVersion,     // a DisplayVersion that is none
  kNoUpgradeCode,     // only the list of installed programs knows it
  kUpgradeCodeAlone,  // nothing but the UpgradeCode's entry is left of a product
  kOtherProduct,      // a product of another UpgradeCode, with the folder of eBPF
  kGarbage,           // values under the UpgradeCode that are no product codes
};
void damage_msi(VmHome& vm, const std::string& version, MsiDamage damage);

}  // namespace world
