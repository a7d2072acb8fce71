#pragma once

#include <string>
#include <vector>

#include "actions/files/preserve_installation.h"
#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "journal/records.h"

namespace engine::product {

// The PowerShell handler as the version that an update replaces: an installation that the journal
// knows nothing of, and an uninstall that is a foreign program in the middle of our update. Its
// first generation removes everything there (PS-39), its second one looks for a key and does
// nothing (PS-38). Neither is trusted: all is preserved before, and enable of the new version looks
// for itself.

// What the second generation looks for is the key; the value says whose it is.
inline constexpr const char* kUpgradingKey =
    R"(HKLM\SOFTWARE\Microsoft\Windows Azure\EbpfUpgrading)";
inline constexpr const char* kUpgradingValue = "Handler";

// Something is registered, and nothing is settled.
bool is_predecessor(const InstallationState& installation, const Inventory& inventory);

// An update is open that preserved what it replaces.
bool replaces_preserved(const InstallationState& installation);

// What was preserved, as rows of the journal: ours to remove once an update was undone to it, since
// its own handler may be gone. Empty: nothing was, or another version stands there.
std::vector<journal::Owned> preserved_rows(const InstallationState& installation,
                                           const Inventory& inventory);
// What its uninstall takes away, which is its services wherever their files are, and the default
// install folder with all that is in it.
actions::files::Installation predecessor_installation(machine::Machine& machine,
                                                      const Inventory& inventory);
// The same as the journal remembers it (meta::kPreserved): JSON, `describe(inventory)` and rows
// whose kinds are those of the table `owned`.
std::string preserved_mark(machine::Machine& machine, const Inventory& inventory);

// The folder in PATH that was its; "" for none.
std::string preserved_path(const std::string& preserved);

}  // namespace engine::product
