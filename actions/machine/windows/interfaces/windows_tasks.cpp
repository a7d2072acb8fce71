#include "actions/machine/windows/interfaces/windows_tasks.h"

#include <windows.h>
// taskschd.h needs windows.h first
#include <taskschd.h>

#include <algorithm>

#include "actions/machine/paths.h"
#include "actions/machine/windows/com.h"

namespace machine::windows::interfaces {
namespace {

using errors::ExitCode;

std::string rooted(std::string_view name) {
  return name.starts_with('\\') ? std::string(name) : "\\" + std::string(name);
}

// From the root element on. What a declaration says of the encoding is no longer so, the text being
// UTF-16 now; and a reader that finds neither a declaration nor '<' at the front takes it for
// UTF-8.
std::string_view without_declaration(std::string_view xml) {
  constexpr std::string_view kDeclaration = "<?xml";
  const auto skip_to_element = [&xml] { xml.remove_prefix(std::min(xml.find('<'), xml.size())); };
  skip_to_element();
  if (!xml.starts_with(kDeclaration)) return xml;
  xml.remove_prefix(kDeclaration.size());
  skip_to_element();
  return xml;
}

}  // namespace

struct WindowsTasks::Scheduler {
  Scheduler() {
    const Attempt attempt{ExitCode::kCreateTask, "connect to", "CoCreateInstance",
                          "the Task Scheduler"};
    check_result(CoCreateInstance(CLSID_TaskScheduler, nullptr, CLSCTX_INPROC_SERVER,
                                  IID_ITaskService, reinterpret_cast<void**>(service.out())),
                 attempt, attempt.api);
    check_result(service->Connect(no_value(), no_value(), no_value(), no_value()), attempt,
                 "ITaskService::Connect");
    check_result(service->GetFolder(Text("\\").get(), root.out()), attempt,
                 "ITaskService::GetFolder");
  }

  // Empty: no such task.
  Reference<IRegisteredTask> find(std::string_view name, const Attempt& attempt) {
    Reference<IRegisteredTask> task;
    const HRESULT result = root->GetTask(Text(rooted(name)).get(), task.out());
    if (!is_missing(code_of_hresult(result))) check_result(result, attempt, "ITaskFolder::GetTask");
    return task;
  }

  void create_folders(const std::string& name, const Attempt& attempt) {
    for (std::size_t end = name.find('\\', 1); end != std::string::npos;
         end = name.find('\\', end + 1)) {
      const Text folder(name.substr(0, end));
      Reference<ITaskFolder> found;
      if (SUCCEEDED(service->GetFolder(folder.get(), found.out()))) continue;
      Reference<ITaskFolder> made;
      const HRESULT result = root->CreateFolder(folder.get(), no_value(), made.out());
      if (code_of_hresult(result) != ERROR_ALREADY_EXISTS)
        check_result(result, attempt, "ITaskFolder::CreateFolder");
    }
  }

  // Folders were made for a task, and go with the last one: one that is not empty stays.
  void remove_empty_folders(const std::string& name) {
    for (std::string folder = parent(name); folder.size() > 1; folder = parent(folder))
      if (FAILED(root->DeleteFolder(Text(folder).get(), 0))) return;
  }

  Apartment apartment;  // first: last out
  Reference<ITaskService> service;
  Reference<ITaskFolder> root;
};

WindowsTasks::WindowsTasks() = default;
WindowsTasks::~WindowsTasks() = default;

WindowsTasks::Scheduler& WindowsTasks::scheduler() {
  if (!scheduler_ && !unreachable_)
    unreachable_ = errors::failure_in([this] { scheduler_ = std::make_unique<Scheduler>(); });
  if (unreachable_) throw errors::Failure(*unreachable_);
  return *scheduler_;
}

std::optional<ScheduledTask> WindowsTasks::get(std::string_view name) {
  const Attempt attempt{ExitCode::kGeneric, "look at task", "ITaskFolder::GetTask", name};
  const auto task = scheduler().find(name, attempt);
  if (!task) return std::nullopt;
  Text xml;
  check_result(task->get_Xml(xml.out()), attempt, "IRegisteredTask::get_Xml");
  VARIANT_BOOL enabled = VARIANT_FALSE;
  check_result(task->get_Enabled(&enabled), attempt, "IRegisteredTask::get_Enabled");
  return ScheduledTask{xml.as_utf8(), enabled != VARIANT_FALSE};
}

void WindowsTasks::put(std::string_view name, std::string_view xml) {
  const Attempt attempt{ExitCode::kCreateTask, "register task", "ITaskFolder::RegisterTask", name};
  const std::string path = rooted(name);
  if (path.ends_with('\\')) attempt.fail(ERROR_INVALID_NAME);
  scheduler().create_folders(path, attempt);
  Reference<IRegisteredTask> task;
  check_result(scheduler().root->RegisterTask(
                   Text(path).get(), Text(without_declaration(xml)).get(), TASK_CREATE_OR_UPDATE,
                   no_value(), no_value(), TASK_LOGON_NONE, no_value(), task.out()),
               attempt, attempt.api);
}

void WindowsTasks::remove(std::string_view name) {
  const Attempt attempt{ExitCode::kDeleteTask, "delete task", "ITaskFolder::DeleteTask", name};
  const std::string path = rooted(name);
  const HRESULT result = scheduler().root->DeleteTask(Text(path).get(), 0);
  if (!is_missing(code_of_hresult(result))) check_result(result, attempt, attempt.api);
  scheduler().remove_empty_folders(path);
}

void WindowsTasks::set_enabled(std::string_view name, bool enabled) {
  const Attempt attempt{ExitCode::kCreateTask, "enable or disable task",
                        "IRegisteredTask::put_Enabled", name};
  const auto task = scheduler().find(name, attempt);
  if (!task) attempt.fail(ERROR_FILE_NOT_FOUND);
  check_result(task->put_Enabled(enabled ? VARIANT_TRUE : VARIANT_FALSE), attempt, attempt.api);
}

}  // namespace machine::windows::interfaces
