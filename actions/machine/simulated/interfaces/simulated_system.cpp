#include "actions/machine/simulated/interfaces/simulated_system.h"

namespace machine::simulated::interfaces {

std::int64_t SimulatedSystem::utc_ms() { return MachineCall(context_).state().clock_ms; }

std::int64_t SimulatedSystem::monotonic_ms() {
  MachineCall call(context_);
  return call.state().clock_ms - call.state().booted_at_ms;
}

void SimulatedSystem::wait_ms(std::int64_t milliseconds) {
  MachineCall(context_).wait(milliseconds);
}

std::string SimulatedSystem::machine_id() { return MachineCall(context_).state().machine_id; }

std::string SimulatedSystem::boot_id() { return MachineCall(context_).state().boot_id(); }

int SimulatedSystem::os_build() { return MachineCall(context_).state().os_build; }

std::string SimulatedSystem::architecture() { return MachineCall(context_).state().architecture; }

std::string SimulatedSystem::system_root() {
  const MachineCall call(context_);
  return R"(C:\Windows)";
}

std::string SimulatedSystem::program_files() {
  const MachineCall call(context_);
  return R"(C:\Program Files)";
}

std::string SimulatedSystem::program_data() {
  const MachineCall call(context_);
  return R"(C:\ProgramData)";
}

void SimulatedSystem::flush() {
  MachineCall call(context_);
  call.unsynced().flush();
  call.state().unflushed = {};
  call.state().unflushed.durable_pending_renames = call.state().pending_renames.size();
  call.changed();
}

// Nobody listens.
void SimulatedSystem::announce_environment() { const MachineCall call(context_); }

}  // namespace machine::simulated::interfaces
