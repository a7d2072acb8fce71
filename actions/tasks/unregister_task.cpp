#include "actions/tasks/unregister_task.h"

namespace actions::tasks {

using errors::ExitCode;

Contexts UnregisterTask::contexts() const {
  return {.capture = {"while looking at task " + given_.name, ExitCode::kDeleteTask},
          .apply = {"while removing task " + given_.name, ExitCode::kDeleteTask},
          .undo = {"while registering task " + given_.name + " again", ExitCode::kCreateTask}};
}

TaskImage UnregisterTask::find(Machine& machine) const {
  return {machine.tasks().get(given_.name)};
}

TaskImage UnregisterTask::change(Machine& machine, const Before&, Deadline) const {
  machine.tasks().remove(given_.name);
  return {};
}

// What apply leaves needs no reading back: no task.
UndoResult UnregisterTask::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                     Deadline) const {
  UndoResult result;
  TaskUndo(given_.name, before, TaskImage()).restore(machine, result);
  return result;
}

Probe UnregisterTask::compare(Machine& machine, const Before& before,
                              const AfterIfKnown& after) const {
  const Probe found = TaskUndo(given_.name, before, TaskImage()).probe(machine);
  return found == Probe::kAfter && !before.task && !after ? Probe::kBefore : found;
}

}  // namespace actions::tasks
