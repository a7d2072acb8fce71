#pragma once

#include <string_view>

namespace engine::transaction {

// The phases of a plan, in the order in which they are carried out; they are undone the other way
// round. The order is what makes a plan safe: everything is copied while it still runs, nothing
// changes before its users have stopped, and no boot starts what was never tried.
enum class Phase {
  kInherit,       // an earlier command did it; its undo becomes ours
  kArm,           // the recovery copy, for the case that nobody comes back
  kGuard,         // the tracing tasks are kept from opening EbpfCore
  kStage,         // files are copied beside their places
  kStop,          // GuestProxyAgent and other neighbours, then what is ours
  kHold,          // start types are off: no boot starts what is half changed
  kChange,        // files and registrations
  kTakeOff,       // extras go before the files that they are made of
  kRemove,        // an uninstall's files
  kStart,         // what is ours
  kEnableAtBoot,  // only what has started gets its start type
  kResume,        // GuestProxyAgent and other neighbours
  kExtras,        // PATH, netsh helper, tracing tasks, eBPF store: nothing vital waits for them
  kRelease,       // the tracing tasks are on again
};

// Whether the failure of a step undoes the transaction; else it is undone alone.
enum class Vital { kAlways, kUnlessRemoval, kNever };

struct PhaseRow {
  Phase phase;
  std::string_view name;  // for people: "enable at boot"
  Vital vital;
  // The machine is flushed before the first step of the phase where something is held: what the
  // phase changes must not reach the disk before the start types.
  bool flush_if_held;
};
const PhaseRow& phase_row(Phase phase);

}  // namespace engine::transaction
