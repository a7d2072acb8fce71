#include "actions/disable_task.h"

#include <optional>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/task_image.h"

namespace actions {
namespace {

using errors::ExitCode;

std::optional<machine::ScheduledTask> captured(const Json& before) {
  return TaskImage::read({"before-image of disable-task", before}, "task");
}

}  // namespace

DisableTask::DisableTask(std::string name) : name_(std::move(name)) {}

std::unique_ptr<Action> DisableTask::from_parameters(const Json& parameters) {
  return std::make_unique<DisableTask>(
      Fields("parameters of disable-task", parameters).text("name"));
}

Json DisableTask::parameters() const { return {{"name", name_}}; }

std::string DisableTask::sentence() const { return "Disable task " + name_; }

std::string DisableTask::undo_sentence() const { return "Enable it again if it was enabled"; }

Json DisableTask::capture(machine::Machine& machine) const {
  return in_context("while looking at task " + name_, ExitCode::kCreateTask, [&]() -> Json {
    return {{"task", TaskImage::of(machine, name_)}};
  });
}

Json DisableTask::apply(machine::Machine& machine, const Json& /*before*/,
                        Deadline /*deadline*/) const {
  return in_context("while disabling task " + name_, ExitCode::kCreateTask, [&]() -> Json {
    const auto task = machine.tasks().get(name_);
    if (task && task->enabled) machine.tasks().set_enabled(name_, false);
    return {{"task", TaskImage::of(machine, name_)}};
  });
}

UndoResult DisableTask::undo(machine::Machine& machine, const Json& before_image,
                             const Json& /*after*/, Deadline /*deadline*/) const {
  return in_context("while enabling task " + name_ + " again", ExitCode::kCreateTask, [&] {
    UndoResult result;
    const auto before = captured(before_image);
    if (!before || !before->enabled) return result;
    const auto task = machine.tasks().get(name_);
    if (!task) {
      result.foreign.push_back("Task " + name_ + " was removed by somebody else; left so");
    } else if (!task->enabled) {
      machine.tasks().set_enabled(name_, true);
    }
    return result;
  });
}

Probe DisableTask::probe(machine::Machine& machine, const Json& before_image,
                         const Json& after) const {
  return in_context("while looking at task " + name_, ExitCode::kCreateTask, [&] {
    const auto before = captured(before_image);
    const auto task = machine.tasks().get(name_);
    if (!before || !task) {
      if (before.has_value() != task.has_value()) return Probe::kForeign;
      return after.is_null() ? Probe::kBefore : Probe::kAfter;
    }
    if (task->enabled) return before->enabled ? Probe::kBefore : Probe::kForeign;
    return before->enabled || !after.is_null() ? Probe::kAfter : Probe::kBefore;
  });
}

}  // namespace actions
