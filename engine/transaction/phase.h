#pragma once

#include <string_view>

namespace engine::transaction {

// The phases of a plan, in the order in which they are carried out; undo takes them in reverse. The
// order makes a plan safe: files are copied while the old version still runs, nothing changes
// before its users have stopped, and no boot starts what was never tried.
enum class Phase {
  kInherit,       // steps that an earlier command did; their undo becomes ours
  kArm,           // put the recovery copy in place, in case nobody comes back
  kGuard,         // disable the tracing tasks, so that they do not open EbpfCore
  kStage,         // copy files beside their places; take back what the next boot would do to these
  kStop,          // stop GuestProxyAgent and other neighbours, then our services
  kHold,          // disable start types: no boot starts what is half changed
  kChange,        // change files and registrations
  kTakeOff,       // remove extras, before the files that they are made of
  kRemove,        // remove an uninstall's files
  kStart,         // start our services
  kEnableAtBoot,  // give start types to what has started, and only to that
  kResume,        // start GuestProxyAgent and other neighbours
  kExtras,        // PATH, netsh helper, tracing tasks, eBPF store: nothing vital waits for them
  kRelease,       // enable the tracing tasks again
};

// Whether the failure of a step undoes the transaction; else the step is undone alone.
enum class Vital { kAlways, kUnlessRemoval, kNever };

struct PhaseRow {
  Phase phase;
  std::string_view name;  // for people: "enable at boot"
  Vital vital;
  // In a plan with a kHold step the machine is flushed before the first step of this phase: the
  // phase's changes must not reach the disk before the start types.
  bool flush_if_held;
};
const PhaseRow& phase_row(Phase phase);

}  // namespace engine::transaction
