#include "actions/machine/simulated/interfaces/simulated_tasks.h"

#include <string>

#include "actions/machine/simulated/win32_error.h"

namespace machine::simulated::interfaces {
namespace {

using errors::ExitCode;

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n";

// The scheduler's own wording: its declaration, CR LF, nothing around the root element.
std::string xml_as_stored(std::string_view xml, const Attempt& attempt) {
  const std::size_t begin = xml.find("<Task");
  const std::size_t end = xml.rfind('>');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin)
    attempt.fail(kMalformedXml);
  const std::string_view task = xml.substr(begin, end + 1 - begin);
  if (!task.ends_with("</Task>") && !task.ends_with("/>")) attempt.fail(kMalformedXml);
  std::string stored(kDeclaration);
  for (const char c : task) {
    if (c == '\r') continue;
    if (c == '\n') stored += '\r';
    stored += c;
  }
  return stored;
}

// Of the task itself: its triggers have elements of that name too.
bool is_enabled(std::string_view xml) {
  const std::size_t settings = xml.find("<Settings>");
  const std::size_t end = xml.find("</Settings>");
  if (settings == std::string_view::npos || end == std::string_view::npos || end < settings)
    return true;
  const std::string_view inside = xml.substr(settings, end - settings);
  return inside.find("<Enabled>false</Enabled>") == std::string_view::npos;
}

void remember_durable_task(MachineState& state, std::string_view name) {
  const std::string folded = task_key(name);
  if (state.unflushed.tasks.contains(folded)) return;
  nlohmann::json& durable = state.unflushed.tasks[folded];
  const TaskRecord* task = state.find_task(name);
  if (task == nullptr) return;  // null: was not there
  durable = to_json(*task);
  durable["name"] = task->name;
}

void refuse_if_armed(MachineCall& call, const Attempt& attempt) {
  const auto& armed = call.state().behaviours.tasks_fail;
  if (armed) attempt.fail(*armed);
}

}  // namespace

std::optional<ScheduledTask> SimulatedTasks::get(std::string_view name) {
  MachineCall call(context_);
  refuse_if_armed(call, {ExitCode::kGeneric, "look at task", "ITaskFolder::GetTask", name});
  const TaskRecord* task = call.state().find_task(name);
  if (task == nullptr) return std::nullopt;
  return ScheduledTask{task->xml, task->enabled};
}

void SimulatedTasks::put(std::string_view name, std::string_view xml) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kCreateTask, "register task", "ITaskFolder::RegisterTask", name};
  refuse_if_armed(call, attempt);
  if (name.empty() || name == "\\" || name.ends_with('\\')) attempt.fail(kInvalidName);
  const std::string stored = xml_as_stored(xml, attempt);
  remember_durable_task(call.state(), name);
  TaskRecord& task = call.state().tasks[task_key(name)];
  if (task.name.empty()) task.name = name;
  task.xml = stored;
  task.enabled = is_enabled(stored);
  call.changed();
}

void SimulatedTasks::remove(std::string_view name) {
  MachineCall call(context_);
  refuse_if_armed(call, {ExitCode::kDeleteTask, "delete task", "ITaskFolder::DeleteTask", name});
  if (call.state().find_task(name) == nullptr) return;
  remember_durable_task(call.state(), name);
  call.state().tasks.erase(task_key(name));
  call.changed();
}

void SimulatedTasks::set_enabled(std::string_view name, bool enabled) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kCreateTask, "enable or disable task",
                        "IRegisteredTask::put_Enabled", name};
  refuse_if_armed(call, attempt);
  TaskRecord* task = call.state().find_task(name);
  if (task == nullptr) attempt.fail(kFileNotFound);
  remember_durable_task(call.state(), name);
  task->enabled = enabled;
  call.changed();
}

}  // namespace machine::simulated::interfaces
