#include "actions/tasks/task_switch.h"

#include <optional>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/tasks/task_image.h"

namespace actions {

using errors::ExitCode;

TaskSwitch::TaskSwitch(std::string name, bool enabled) : name_(std::move(name)), wanted_(enabled) {}

std::string TaskSwitch::name_in(std::string_view kind, const Json& parameters) {
  return Fields("parameters of " + std::string(kind), parameters).text("name");
}

Json TaskSwitch::parameters() const { return {{"name", name_}}; }

std::string TaskSwitch::sentence() const {
  return (wanted_ ? "Enable task " : "Disable task ") + name_;
}

std::string TaskSwitch::undo_sentence() const {
  return wanted_ ? "Disable it again if it was disabled" : "Enable it again if it was enabled";
}

Json TaskSwitch::capture(machine::Machine& machine) const {
  return in_context("while looking at task " + name_, ExitCode::kCreateTask, [&]() -> Json {
    return {{"task", TaskImage::of(machine, name_)}};
  });
}

Json TaskSwitch::apply(machine::Machine& machine, const Json& /*before*/,
                       Deadline /*deadline*/) const {
  const std::string phrase = (wanted_ ? "while enabling task " : "while disabling task ") + name_;
  return in_context(phrase, ExitCode::kCreateTask, [&]() -> Json {
    const auto task = machine.tasks().get(name_);
    if (task && task->enabled != wanted_) machine.tasks().set_enabled(name_, wanted_);
    return {{"task", TaskImage::of(machine, name_)}};
  });
}

UndoResult TaskSwitch::undo(machine::Machine& machine, const Json& before_image,
                            const Json& /*after*/, Deadline /*deadline*/) const {
  const std::string phrase =
      (wanted_ ? "while disabling task " : "while enabling task ") + name_ + " again";
  return in_context(phrase, ExitCode::kCreateTask, [&] {
    UndoResult result;
    const std::string what = "before-image of " + std::string(kind());
    const auto before = TaskImage::read({what, before_image}, "task");
    if (!before || before->enabled == wanted_) return result;
    const auto task = machine.tasks().get(name_);
    if (!task) {
      result.foreign.push_back("Task " + name_ + " was removed by somebody else; left so");
    } else if (task->enabled == wanted_) {
      machine.tasks().set_enabled(name_, !wanted_);
    }
    return result;
  });
}

Probe TaskSwitch::probe(machine::Machine& machine, const Json& before_image,
                        const Json& after) const {
  return in_context("while looking at task " + name_, ExitCode::kCreateTask, [&] {
    const std::string what = "before-image of " + std::string(kind());
    const auto before = TaskImage::read({what, before_image}, "task");
    const auto task = machine.tasks().get(name_);
    if (!before || !task) {
      if (before.has_value() != task.has_value()) return Probe::kForeign;
      return after.is_null() ? Probe::kBefore : Probe::kAfter;
    }
    const bool was_as_wanted = before->enabled == wanted_;
    if (task->enabled != wanted_) return was_as_wanted ? Probe::kForeign : Probe::kBefore;
    return !was_as_wanted || !after.is_null() ? Probe::kAfter : Probe::kBefore;
  });
}

}  // namespace actions
