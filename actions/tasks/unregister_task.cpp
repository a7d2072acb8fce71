#include "actions/tasks/unregister_task.h"

#include <optional>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"

namespace actions {

using errors::ExitCode;
using machine::ScheduledTask;

UnregisterTask::UnregisterTask(std::string name) : name_(std::move(name)) {}

std::unique_ptr<Action> UnregisterTask::from_parameters(const Json& parameters) {
  return std::make_unique<UnregisterTask>(
      Fields("parameters of unregister-task", parameters).text("name"));
}

Json UnregisterTask::parameters() const { return {{"name", name_}}; }

std::string UnregisterTask::sentence() const { return "Remove task " + name_; }

std::string UnregisterTask::undo_sentence() const { return "Register it again as it was"; }

TaskImage UnregisterTask::image(const Json& before) const {
  return {name_, TaskImage::read({"before-image of unregister-task", before}, "task"),
          std::optional<ScheduledTask>()};
}

Json UnregisterTask::capture(machine::Machine& machine) const {
  return in_context("while looking at task " + name_, ExitCode::kDeleteTask, [&]() -> Json {
    return {{"task", TaskImage::of(machine, name_)}};
  });
}

Json UnregisterTask::apply(machine::Machine& machine, const Json& /*before*/,
                           Deadline /*deadline*/) const {
  return in_context("while removing task " + name_, ExitCode::kDeleteTask, [&]() -> Json {
    machine.tasks().remove(name_);
    return {{"task", nullptr}};
  });
}

UndoResult UnregisterTask::undo(machine::Machine& machine, const Json& before,
                                const Json& /*after*/, Deadline /*deadline*/) const {
  return in_context("while registering task " + name_ + " again", ExitCode::kCreateTask, [&] {
    UndoResult result;
    image(before).restore(machine, result);
    return result;
  });
}

Probe UnregisterTask::probe(machine::Machine& machine, const Json& before,
                            const Json& after) const {
  return in_context("while looking at task " + name_, ExitCode::kDeleteTask, [&] {
    const Probe found = image(before).probe(machine);
    const bool was_there = Fields("before-image of unregister-task", before).has("task");
    return found == Probe::kAfter && !was_there && after.is_null() ? Probe::kBefore : found;
  });
}

}  // namespace actions
