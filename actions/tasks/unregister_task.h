#pragma once

#include <string>

#include "actions/action_of.h"
#include "actions/tasks/task_image.h"

namespace actions::tasks {

struct UnregisterTaskImages {
  static constexpr std::string_view kKind = "unregister-task";
  using Parameters = NamedTask;
  using Before = TaskImage;
  using After = TaskImage;
};

// Removes a scheduled task, and nothing that the task has written (PS-54: its traces explain a
// failure).
//
// Saves first: its XML and whether it was enabled, or that there was none.
// Undo: registers the task again if none is there. Another task of that name is left and reported.
// Tolerates: a task that is gone already, being run again.
// Rejected: ending an instance that runs (the tracing task's end deletes the traces), and running
//   the task's own "stop" command, for the same reason.
class UnregisterTask final : public ActionOf<UnregisterTaskImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.name; }
  std::string sentence() const override { return "Remove task " + given_.name; }
  std::string undo_sentence() const override { return "Register it again as it was"; }
  bool deletes() const override { return true; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
};

}  // namespace actions::tasks
