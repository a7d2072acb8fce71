#pragma once

#include <optional>
#include <string>

#include "actions/action_of.h"
#include "actions/tasks/task_image.h"

namespace actions::tasks {

// Switches a scheduled task on or off: what disable-task and enable-task have in common.
//
// Changes: whether the task is enabled, and nothing else about it. It does not end an instance that
//   runs.
// Saves first: the task's XML and whether it was enabled, or that there was none.
// Undo: switches the task back if it was the other way. A task that somebody removed meanwhile
//   stays removed and is reported.
// Tolerates: an absent task, a task that is as wanted already, being run again.
// Rejected: registering it without triggers, or anew (undo would have to put back the scheduler's
//   wording of the whole XML, and a registration trigger would start it).
template <class Images>
class TaskSwitch : public ActionOf<Images> {
 public:
  using ActionOf<Images>::ActionOf;

  std::string target() const override { return this->given_.name; }
  std::string sentence() const override;
  std::string undo_sentence() const override;

 private:
  Contexts contexts() const override;
  TaskImage find(machine::Machine& machine) const override;
  TaskImage change(machine::Machine& machine, const TaskImage& before,
                   Deadline deadline) const override;
  UndoResult take_back(machine::Machine& machine, const TaskImage& before,
                       const std::optional<TaskImage>& after, Deadline deadline) const override;
  Probe compare(machine::Machine& machine, const TaskImage& before,
                const std::optional<TaskImage>& after) const override;
};

}  // namespace actions::tasks
