#pragma once

#include <string>
#include <vector>

#include "actions/files/preserve_installation.h"
#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "journal/records.h"

namespace engine::product {

// The PowerShell handler as the version that an update replaces. The journal has no rows for its
// installation, and its uninstall is a foreign program that runs in the middle of our update. The
// first generation of that uninstall removes everything (PS-39); the second finds a key and does
// nothing (PS-38). We trust neither: update preserves all of it first, and enable of the new
// version detects what is left.

// The second generation asks for the key only; the value says who set it.
inline constexpr const char* kUpgradingKey =
    R"(HKLM\SOFTWARE\Microsoft\Windows Azure\EbpfUpgrading)";
inline constexpr const char* kUpgradingValue = "Handler";

// Returns true if that key is there, whoever set it: an update of the PowerShell handler is under
// way, or ended half-way, perhaps years ago. False where the system does not answer.
bool has_upgrading_key(machine::Machine& machine);
// Returns true if it came since our last install or enable: an update of the PowerShell handler to
// a version above ours runs, and its uninstall(ours) must leave eBPF there. Both of these make sure
// of that: install records a key that it sees, and enable removes it.
bool is_taken_over(machine::Machine& machine, const InstallationState& installation);

// Returns true if a component is registered and no version is settled.
bool is_predecessor(const InstallationState& installation, const Inventory& inventory);

// Returns true if the open update preserved the installation that it replaces.
bool replaces_preserved(const InstallationState& installation);

// Returns the rows of what is ours to stop and to remove: those of the settled version, else those
// of the preserved installation that an undo gave back, since its own handler may be gone. Empty:
// none, or the machine has another version now.
std::vector<journal::Owned> rows_of_ours(const InstallationState& installation,
                                         const Inventory& inventory);
// What the predecessor's uninstall takes away: its services wherever their files are, its tasks and
// netsh helper, and the default install folder with everything in it.
actions::files::Installation predecessor_installation(machine::Machine& machine,
                                                      const Inventory& inventory);
// The same as the journal holds it (meta::kPreserved): JSON with `describe(inventory)` and rows
// whose kinds are those of the table `owned`.
std::string preserved_mark(machine::Machine& machine, const Inventory& inventory);

// Returns the preserved installation's folder in PATH, or "".
std::string preserved_path(const std::string& preserved);

}  // namespace engine::product
