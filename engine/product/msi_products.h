#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/machine.h"
#include "package/version.h"

namespace engine::product {

// A product of Windows Installer that has put eBPF for Windows on the machine. Its repair puts its
// own files back, and its uninstall deletes services, whoever has replaced them since.
struct MsiProduct {
  std::string code;                         // "{022C44B5-8969-4B75-8DB0-73F98B1BD7DC}"
  std::string name;                         // "eBPF for Windows"
  std::optional<package::Version> version;  // nullopt: none that can be read
};

// "the Windows Installer product eBPF for Windows 0.9.1 ({022C44B5-...})": for messages.
std::string describe(const MsiProduct& product);

// The products of eBPF's UpgradeCode that are installed, and those that Windows lists among the
// installed programs under the product's name, should the installer's own keys be lost. A key that
// names a product of which nothing else is there is a left-over. Ordered by code. Throws what the
// registry's calls throw.
std::vector<MsiProduct> msi_products(machine::Machine& machine);

// "{B6BCACB1-C872-4159-ABCB-43A50668056C}" -> "1BCACB6B278C9514BABC345A608650C6", as the
// installer's keys spell it; and back. nullopt for what is no such text.
std::optional<std::string> packed_guid(std::string_view guid);
std::optional<std::string> unpacked_guid(std::string_view packed);

}  // namespace engine::product
