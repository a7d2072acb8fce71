#pragma once

#include "actions/machine/processes.h"
#include "actions/machine/simulated/door_call.h"

namespace machine::simulated {

// Programs that are run: export_program_info.exe writes its store (export_program_info.h); any
// other image ends with 0 and does nothing. A run takes 200 virtual ms.
class SimulatedProcesses final : public Processes {
 public:
  explicit SimulatedProcesses(DoorContext& context) : context_(context) {}

  std::uint32_t run(std::string_view path, std::span<const std::string> arguments,
                    std::int64_t deadline_ms) override;

 private:
  DoorContext& context_;
};

}  // namespace machine::simulated
