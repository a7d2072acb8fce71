#pragma once

#include <memory>
#include <optional>

#include "actions/machine/tasks.h"
#include "errors/failure.h"

namespace machine::windows::interfaces {

// The Task Scheduler over its COM interface (ITaskService); this process connects when it first
// needs it. One that cannot be reached is not tried again: each try may take its time. A failure's
// code is an HRESULT, as a number without a sign, or the Win32 code that the HRESULT carries
// (0x8007xxxx).
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
  std::optional<errors::Failure> unreachable_;
};

}  // namespace machine::windows::interfaces
