#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actions/machine/deadline.h"
#include "actions/machine/machine.h"
#include "engine/transaction/live_step.h"
#include "engine/transaction/outcome.h"
#include "errors/failure.h"

namespace engine::transaction {

// Carries out steps, one at a time, for a transaction and for a recovery that completes one. It
// writes nothing to the journal: the caller makes the before-image durable before apply, and
// records the step afterwards. A vital step that fails throws, with its error in the step. A
// best-effort step that fails is given up: it is undone alone and becomes kFailed, or kUndoFailed
// if its undo fails too, with both errors in the step. What a done step left out (its shortfall) is
// a warning too.
class StepRunner {
 public:
  // `doing`: the context of a failure, "while enabling 1.0.0"; "" for none. `undo`: the deadline
  // for undoing a step that is given up.
  StepRunner(machine::Machine& machine, std::string doing, machine::Deadline undo)
      : machine_(machine), doing_(std::move(doing)), undo_(undo) {}

  // Captures the step's before-image. Returns false if the capture of a best-effort step failed:
  // the step is given up and never armed.
  bool capture(LiveStep& step);
  // Applies an armed step; `share`: the deadline of its share of the time.
  void apply(LiveStep& step, machine::Deadline share);
  // Lets an armed step fail, whether or not it was applied.
  void fail(LiveStep& step, errors::Failure failure);

  const std::vector<GivenUp>& given_up() const { return given_up_; }
  // Returns when the watched step began; 0 if it did not begin.
  std::int64_t watched_since_utc_ms() const { return watched_since_utc_ms_; }
  // Returns the new notes for people: why steps were given up, and what their undo left.
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

 private:
  void give_up(LiveStep& step, const errors::Failure& failure);
  void warn(const LiveStep& step, const errors::Failure& failure);

  machine::Machine& machine_;
  std::string doing_;
  machine::Deadline undo_;
  std::vector<GivenUp> given_up_;
  std::vector<std::string> notes_;
  std::int64_t watched_since_utc_ms_ = 0;
};

}  // namespace engine::transaction
