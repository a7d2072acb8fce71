#include "actions/tasks/task_switch.h"

#include "actions/tasks/disable_task.h"
#include "actions/tasks/enable_task.h"

namespace actions::tasks {

using errors::ExitCode;

template <class Images>
std::string TaskSwitch<Images>::sentence() const {
  return (Images::kEnables ? "Enable task " : "Disable task ") + target();
}

template <class Images>
std::string TaskSwitch<Images>::undo_sentence() const {
  return Images::kEnables ? "Disable it again if it was disabled"
                          : "Enable it again if it was enabled";
}

template <class Images>
Contexts TaskSwitch<Images>::contexts() const {
  const std::string on = "while enabling task " + target();
  const std::string off = "while disabling task " + target();
  return {.capture = {"while looking at task " + target(), ExitCode::kCreateTask},
          .apply = {Images::kEnables ? on : off, ExitCode::kCreateTask},
          .undo = {(Images::kEnables ? off : on) + " again", ExitCode::kCreateTask}};
}

template <class Images>
TaskImage TaskSwitch<Images>::find(machine::Machine& machine) const {
  return {machine.tasks().get(target())};
}

template <class Images>
TaskImage TaskSwitch<Images>::change(machine::Machine& machine, const TaskImage&, Deadline) const {
  const auto task = machine.tasks().get(target());
  if (task && task->enabled != Images::kEnables)
    machine.tasks().set_enabled(target(), Images::kEnables);
  return {machine.tasks().get(target())};
}

template <class Images>
UndoResult TaskSwitch<Images>::take_back(machine::Machine& machine, const TaskImage& before,
                                         const std::optional<TaskImage>&, Deadline) const {
  UndoResult result;
  if (!before.task || before.task->enabled == Images::kEnables) return result;
  const auto task = machine.tasks().get(target());
  if (!task) {
    result.foreign.push_back("Task " + target() + " was removed by somebody else; left so");
  } else if (task->enabled == Images::kEnables) {
    machine.tasks().set_enabled(target(), !Images::kEnables);
  }
  return result;
}

template <class Images>
Probe TaskSwitch<Images>::compare(machine::Machine& machine, const TaskImage& before,
                                  const std::optional<TaskImage>& after) const {
  const auto task = machine.tasks().get(target());
  if (!before.task || !task) {
    if (before.task.has_value() != task.has_value()) return Probe::kForeign;
    return after ? Probe::kAfter : Probe::kBefore;
  }
  const bool was_as_wanted = before.task->enabled == Images::kEnables;
  if (task->enabled != Images::kEnables) return was_as_wanted ? Probe::kForeign : Probe::kBefore;
  return !was_as_wanted || after ? Probe::kAfter : Probe::kBefore;
}

template class TaskSwitch<DisableTaskImages>;
template class TaskSwitch<EnableTaskImages>;

}  // namespace actions::tasks
