#pragma once

#include "actions/machine/simulated/interfaces/machine_call.h"
#include "actions/machine/system.h"

namespace machine::simulated::interfaces {

class SimulatedSystem final : public System {
 public:
  explicit SimulatedSystem(MachineCallContext& context) : context_(context) {}

  std::int64_t utc_ms() override;
  std::int64_t monotonic_ms() override;
  void wait_ms(std::int64_t milliseconds) override;
  std::string machine_id() override;
  std::string boot_id() override;
  int os_build() override;
  std::string architecture() override;
  std::string system_root() override;
  std::string program_files() override;
  std::string program_data() override;
  void flush() override;
  void announce_environment() override;

 private:
  MachineCallContext& context_;
};

}  // namespace machine::simulated::interfaces
