#pragma once

#include "actions/machine/processes.h"
#include "actions/machine/simulated/interfaces/machine_call.h"

namespace machine::simulated::interfaces {

// Runs programs: export_program_info.exe writes the eBPF store (export_program_info.h); any other
// image does nothing and exits with 0. A run takes 200 virtual ms.
class SimulatedProcesses final : public Processes {
 public:
  explicit SimulatedProcesses(MachineCallContext& context) : context_(context) {}

  std::uint32_t run(std::string_view path, std::span<const std::string> arguments,
                    std::int64_t deadline_ms) override;

 private:
  MachineCallContext& context_;
};

}  // namespace machine::simulated::interfaces
