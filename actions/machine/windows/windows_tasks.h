#pragma once

#include <memory>

#include "actions/machine/tasks.h"

namespace machine::windows {

// The Task Scheduler over its COM interface (ITaskService), which this process connects to when it
// first needs it. Codes of failures are HRESULTs, as numbers without a sign; those that carry a
// Win32 code (0x8007xxxx) are that code.
class WindowsTasks final : public Tasks {
 public:
  WindowsTasks();
  ~WindowsTasks() override;
  std::optional<ScheduledTask> get(std::string_view name) override;
  // The task runs as the principal of its XML; without a password, as services do.
  void put(std::string_view name, std::string_view xml) override;
  void remove(std::string_view name) override;
  void set_enabled(std::string_view name, bool enabled) override;

 private:
  struct Scheduler;
  Scheduler& scheduler();
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace machine::windows
