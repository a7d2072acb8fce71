#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/tasks/task_image.h"

namespace actions {

// Removes a scheduled task; nothing of what it has written (PS-54: traces are what a failure is
// understood by).
//
// Saves first: its XML and whether it was enabled, or that there was none.
// Undo: registers it again if none is there; another one of that name is left and reported.
// Tolerates: a task that is gone already, being run again.
// Rejected: ending an instance that runs (the tracing task's end deletes the traces), and running
//   the task's own "stop" command, for the same reason.
class UnregisterTask final : public Action {
 public:
  explicit UnregisterTask(std::string name);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "unregister-task"; }
  std::string target() const override { return name_; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;
  bool deletes() const override { return true; }

 private:
  // What apply leaves needs no reading back: no task.
  TaskImage image(const Json& before) const;

  std::string name_;
};

}  // namespace actions
