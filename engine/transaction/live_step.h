#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "actions/action.h"
#include "engine/product/installation_change.h"
#include "journal/records.h"

namespace engine::transaction {

// A step of a running transaction, or a step rebuilt from the journal.
struct LiveStep {
  std::int64_t position = 0;               // 1 ..
  std::unique_ptr<actions::Action> owned;  // set where the step was rebuilt
  const actions::Action* action = nullptr;
  bool vital = true;
  bool inherited = false;    // an earlier command did it: only its undo counts
  bool flush_first = false;  // the machine is flushed before it is applied
  bool watched = false;      // the listener wants to know when it began
  journal::StepState state = journal::StepState::kPlanned;
  bool recorded_undone = false;  // by an earlier attempt, perhaps in another boot
  actions::Json before;
  actions::Json after;       // null: unknown
  actions::Json error;       // why it failed; null: it did not fail
  actions::Json undo_error;  // why the undo of a given-up step failed; null: it did not fail
};

// The steps in the form that product::filled takes; valid as long as `steps` is.
std::vector<product::EndedStep> ended(const std::vector<LiveStep>& steps);

}  // namespace engine::transaction
