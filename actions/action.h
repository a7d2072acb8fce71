#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/deadline.h"
#include "actions/machine/machine.h"
#include "errors/failure.h"
#include "json/json.h"

namespace actions {

using Json = nlohmann::json;

// The result of comparing an action's target with its images. Where apply changed nothing, both
// images describe the same target: the answer is kAfter if the after-image is given, else kBefore.
enum class Probe {
  kBefore,   // as captured: never begun, or undone
  kAfter,    // as apply leaves it
  kBetween,  // apply (or undo) stopped half-way
  kForeign,  // neither as found nor as left: somebody else changed it
  kMoving    // a service in a pending state: the caller waits within the deadline and probes again
};
std::string_view to_text(Probe probe);

// The time by which an action must have given up. It throws kOutOfTime if it has no more specific
// failure.
using machine::Deadline;

struct UndoResult {
  enum class Kind { kUndone, kFailed, kRebootNeeded };
  Kind kind = Kind::kUndone;
  // Objects that somebody changed and that undo left alone, a sentence each.
  std::vector<std::string> foreign;
  // What happens at the next boot, a sentence each (kRebootNeeded).
  std::vector<std::string> pending;
  std::optional<errors::Failure> failure;  // kFailed and does_not_start only
  // A file of the machine is not back: somebody else's is in its place.
  bool leaves_files = false;
  // The undo started a service: the engine checks it once more when all else is undone.
  bool runs_again = false;
  // The undo asked a service of others to start, and it does not run: `foreign` says why. That is
  // no failure of the undo.
  bool does_not_start = false;
};

// What the steps of a kind change. The undo of a transaction treats each differently.
enum class Effect {
  kSettings,
  // Many files. Their undo waits for nothing and may take all the time that is left: older steps
  // must not start a service whose files are put back by halves.
  kFiles,
  // A service runs, or does not run. Another boot has ended what a step started, and a copy of the
  // machine has other processes.
  kStarts,
  kStops,
  // Whether the next boot starts a service: its start type, or that it is registered at all.
  kStartType,
  // The recovery copy and its task. They outlive an undo and stay until an operation settles.
  kRecovery
};

// A reversible change of one kind. Kinds derive from ActionOf (action_of.h), which turns the JSON
// of this interface into structs.
//
// The caller (engine/transaction) captures, writes kind + parameters + before-image to the journal,
// syncs it, and only then applies. Another process, possibly of another version, rebuilds the
// action from that text alone and undoes it, whether apply never began, stopped half-way or
// finished (the after-image is null if apply did not finish). So:
//   * capture and probe change nothing;
//   * apply copes with its own half-done traces and with being run again; a target that is
//     already as wanted is success;
//   * undo is idempotent, takes back our change and not the world: it leaves and reports what
//     somebody else changed meanwhile.
// apply throws Failure; undo may throw Failure if the machine refuses a call (the transaction turns
// it into UndoResult::kFailed).
// Rejected: deriving before-images from an inventory of the machine (an action must be undoable by
// itself), and a list of inverse actions (an inverse cannot know how far its twin came).
class Action {
 public:
  Action() = default;
  Action(const Action&) = delete;
  Action& operator=(const Action&) = delete;
  virtual ~Action() = default;

  virtual std::string_view kind() const = 0;  // "register-service"; stable, the journal holds it
  virtual std::string target() const = 0;     // "EbpfCore"
  virtual std::string sentence() const = 0;   // "Register driver EbpfCore (C:\...\ebpfcore.sys)"
  // "Remove the registration, or restore the earlier one"
  virtual std::string undo_sentence() const = 0;
  virtual Json parameters() const = 0;

  virtual Json capture(machine::Machine& machine) const = 0;
  // Returns the after-image.
  virtual Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const = 0;
  virtual UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                          Deadline deadline) const = 0;
  virtual Probe probe(machine::Machine& machine, const Json& before, const Json& after) const = 0;
  // Throws kJournalUnusable where a text is not what the kind writes. `after` null: not known.
  virtual void check_images(const Json& before, const Json& after) const = 0;
  // Returns true if the machine went on: of what a finished apply changed, nothing is there that
  // undo could take back. So it is where an old copy of the journal is put over a machine.
  virtual bool is_superseded(machine::Machine& /*machine*/, const Json& /*before*/,
                             const Json& /*after*/) const {
    return false;
  }

  // Returns what a finished apply left out and nothing vital depends on: a warning, the step is
  // done.
  virtual std::optional<errors::Failure> shortfall(const Json& /*before*/,
                                                   const Json& /*after*/) const {
    return std::nullopt;
  }

  // Returns true for kinds that delete. Recovery completes an uninstall whose process died, and
  // does not undo it, once a step of such a kind was armed.
  virtual bool deletes() const { return false; }
  virtual Effect effect() const { return Effect::kSettings; }
};

}  // namespace actions
