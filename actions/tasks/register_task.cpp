#include "actions/tasks/register_task.h"

namespace actions::tasks {

using errors::ExitCode;

Contexts RegisterTask::contexts() const {
  return {
      .capture = {"while looking at task " + given_.name, ExitCode::kCreateTask},
      .apply = {"while registering task " + given_.name, ExitCode::kCreateTask},
      .undo = {"while taking back the registration of task " + given_.name, ExitCode::kDeleteTask}};
}

TaskImage RegisterTask::find(Machine& machine) const { return {machine.tasks().get(given_.name)}; }

TaskImage RegisterTask::change(Machine& machine, const Before&, Deadline) const {
  return put_task(machine, given_.name, given_.xml, given_.enabled);
}

UndoResult RegisterTask::take_back(Machine& machine, const Before& before,
                                   const AfterIfKnown& after, Deadline) const {
  UndoResult result;
  TaskUndo(given_.name, before, after).restore(machine, result);
  return result;
}

Probe RegisterTask::compare(Machine& machine, const Before& before,
                            const AfterIfKnown& after) const {
  return TaskUndo(given_.name, before, after).probe(machine);
}

}  // namespace actions::tasks
