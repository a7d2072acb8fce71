#pragma once

#include "actions/machine/simulated/interfaces/machine_call.h"
#include "actions/machine/tasks.h"

namespace machine::simulated::interfaces {

// Stores tasks as Windows does: with its own declaration and line ends. It runs none: the owner of
// the VM does.
class SimulatedTasks final : public Tasks {
 public:
  explicit SimulatedTasks(MachineCallContext& context) : context_(context) {}

  std::optional<ScheduledTask> get(std::string_view name) override;
  void put(std::string_view name, std::string_view xml) override;
  void remove(std::string_view name) override;
  void set_enabled(std::string_view name, bool enabled) override;

 private:
  MachineCallContext& context_;
};

}  // namespace machine::simulated::interfaces
