#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/product/inventory.h"

namespace engine::product {

// What a command does with the eBPF that it finds on the machine: one table, of which the first row
// that fits decides.

// Whose the eBPF on the machine is.
enum class Origin {
  kNothing,    // no component is registered
  kOurs,       // the extension put it there; also what a lost journal may have known
  kAdopted,    // it was there when the extension came with the same version
  kPreserved,  // an update that was undone found and preserved it (predecessor.h)
  kMsi,        // a product of Windows Installer put it there, or claims its place
  kUnknown,    // somebody else's, of whom there is no trace: another program's setup, a person
};
std::string_view to_text(Origin origin);

// What a command wants.
enum class Intent {
  kBring,   // install, update: the package's version in place
  kRun,     // enable: a version running
  kStop,    // disable
  kRemove,  // uninstall
};
std::string_view to_text(Intent intent);

enum class Treatment {
  kInstall,   // nothing is there: it is installed, and ours
  kConverge,  // what differs from the version is mended; whose it is stays as it is
  kAdopt,     // the same, and uninstall will leave all of it as it was found
  kUse,       // the same, of a product of Windows Installer
  kUpdate,    // it is replaced in its place, and ours then
  kLeave,     // it is left, with a warning; enable starts what is stopped
  kRefuse,    // the command is refused before it stops anything
  kStop,      // what the extension enabled is stopped, also where a newer one has taken its place
  kRemove,    // what is ours goes
  kGiveBack,  // it is left running as it was found; what we added beside it goes
};
std::string_view to_text(Treatment treatment);

// The eBPF that a command finds. `relation`: of it, or of the product that claims its place, to the
// command's version. `complete` (is_complete) counts only where the relation is kNewer.
struct FoundEbpf {
  Origin origin = Origin::kNothing;
  FoundVersion relation = FoundVersion::kNothing;
  bool complete = false;
};

// nullopt in a row stands for every value.
struct TreatmentRow {
  std::optional<Origin> origin;
  std::optional<FoundVersion> relation;
  std::optional<bool> complete;
  std::optional<Intent> intent;
  Treatment treatment;
};
std::span<const TreatmentRow> treatment_table();
const TreatmentRow& treatment_row(const FoundEbpf& found, Intent intent);
Treatment treatment_of(const FoundEbpf& found, Intent intent);

}  // namespace engine::product
