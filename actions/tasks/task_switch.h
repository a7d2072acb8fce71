#pragma once

#include <string>
#include <string_view>

#include "actions/action.h"

namespace actions {

// Switches a scheduled task on or off: what disable-task and enable-task have in common.
//
// Changes: whether the task is enabled, and nothing else of it. An instance that runs is not ended.
// Saves first: its XML and whether it was enabled, or that there was none.
// Undo: switches it back if it was the other way. A task that was removed meanwhile stays so and is
//   reported.
// Tolerates: an absent task, one that is as wanted already, being run again.
// Rejected: registering it without triggers, or anew (the scheduler's wording of the whole XML
// would
//   have to be put back, and a registration trigger would start it).
class TaskSwitch : public Action {
 public:
  std::string target() const override { return name_; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;

 protected:
  TaskSwitch(std::string name, bool enabled);
  static std::string name_in(std::string_view kind, const Json& parameters);

 private:
  std::string name_;
  bool wanted_;  // enabled
};

}  // namespace actions
