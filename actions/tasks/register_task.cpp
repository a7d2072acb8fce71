#include "actions/tasks/register_task.h"

#include <optional>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"

namespace actions {

using errors::ExitCode;
using machine::ScheduledTask;

RegisterTask::RegisterTask(std::string name, std::string xml, bool enabled)
    : name_(std::move(name)), xml_(std::move(xml)), enabled_(enabled) {}

std::unique_ptr<Action> RegisterTask::from_parameters(const Json& parameters) {
  const Fields fields("parameters of register-task", parameters);
  return std::make_unique<RegisterTask>(fields.text("name"), fields.text("xml"),
                                        fields.flag("enabled"));
}

Json RegisterTask::parameters() const {
  return {{"name", name_}, {"xml", xml_}, {"enabled", enabled_}};
}

std::string RegisterTask::sentence() const {
  return "Register task " + name_ + (enabled_ ? "" : ", disabled");
}

std::string RegisterTask::undo_sentence() const { return "Remove it, or restore the earlier one"; }

TaskImage RegisterTask::image(const Json& before, const Json& after) const {
  std::optional<std::optional<ScheduledTask>> left;
  if (!after.is_null()) left = TaskImage::read({"after-image of register-task", after}, "task");
  return {name_, TaskImage::read({"before-image of register-task", before}, "task"), left};
}

Json RegisterTask::capture(machine::Machine& machine) const {
  return in_context("while looking at task " + name_, ExitCode::kCreateTask, [&]() -> Json {
    return {{"task", TaskImage::of(machine, name_)}};
  });
}

Json RegisterTask::apply(machine::Machine& machine, const Json& /*before*/,
                         Deadline /*deadline*/) const {
  return in_context("while registering task " + name_, ExitCode::kCreateTask, [&]() -> Json {
    return {{"task", put_task(machine, name_, xml_, enabled_)}};
  });
}

UndoResult RegisterTask::undo(machine::Machine& machine, const Json& before, const Json& after,
                              Deadline /*deadline*/) const {
  return in_context("while taking back the registration of task " + name_, ExitCode::kDeleteTask,
                    [&] {
                      UndoResult result;
                      image(before, after).restore(machine, result);
                      return result;
                    });
}

Probe RegisterTask::probe(machine::Machine& machine, const Json& before, const Json& after) const {
  return in_context("while looking at task " + name_, ExitCode::kCreateTask,
                    [&] { return image(before, after).probe(machine); });
}

}  // namespace actions
