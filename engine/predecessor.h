#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/inventory.h"
#include "engine/known.h"
#include "engine/plan.h"
#include "journal/records.h"

namespace engine {

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
bool is_predecessor(const Known& known, const Inventory& inventory);

// An update is open that preserved what it replaces.
bool replaces_preserved(const Known& known);

// The steps of update: preserves what its uninstall takes away, which is its services wherever
// their files are, and the default install folder with all that is in it; then sets the key. The
// journal remembers what that is (meta::kPreserved). Needs plan.work_folder.
void plan_preservation(Plan& plan, machine::Machine& machine, const Inventory& inventory,
                       const std::string& handler_version);
// Bytes that the copies take.
std::uint64_t preserved_bytes(machine::Machine& machine);

// The step of enable: the key goes, if it is ours; best effort.
void plan_upgrading_end(Plan& plan, machine::Machine& machine);

// What was preserved, as rows of the journal: ours to remove once an update was undone to it, since
// its own handler may be gone. Empty: nothing was, or another version stands there.
std::vector<journal::Owned> preserved_rows(const Known& known, const Inventory& inventory);
// The folder in PATH that was its; "" for none.
std::string preserved_path(const std::string& preserved);

}  // namespace engine
