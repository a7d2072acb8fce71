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

// Carries steps out, one at a time, for a transaction and for a recovery that completes one. It
// writes nothing to the journal: that the before-image is durable before apply, and what became of
// the step afterwards, is the caller's to record. A vital step that fails throws, with its error in
// the step. A best-effort step is given up: it is undone alone, and is kFailed then, or kUndoFailed
// where that fails too, with both errors in the step.
class StepRunner {
 public:
  // `doing`: what a failure happened in, "while enabling 1.0.0"; "" for nothing. `undo`: by when a
  // step that is given up must be undone.
  StepRunner(machine::Machine& machine, std::string doing, machine::Deadline undo)
      : machine_(machine), doing_(std::move(doing)), undo_(undo) {}

  // Gives the step its before-image. False: it could not be had, and the step is given up, never
  // armed.
  bool capture(LiveStep& step);
  // Applies an armed step; `share`: the end of the time that it is part of.
  void apply(LiveStep& step, machine::Deadline share);
  // An armed step fails without having been applied.
  void fail(LiveStep& step, errors::Failure failure);

  const std::vector<GivenUp>& given_up() const { return given_up_; }
  // When the step that is watched began; 0: it did not.
  std::int64_t watched_since_utc_ms() const { return watched_since_utc_ms_; }
  // For people, each told once: why steps were given up, and what their undo left.
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

 private:
  void give_up(LiveStep& step, const errors::Failure& failure);

  machine::Machine& machine_;
  std::string doing_;
  machine::Deadline undo_;
  std::vector<GivenUp> given_up_;
  std::vector<std::string> notes_;
  std::int64_t watched_since_utc_ms_ = 0;
};

}  // namespace engine::transaction
