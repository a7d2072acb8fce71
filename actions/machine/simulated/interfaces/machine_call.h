#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "actions/machine/simulated/service_manager.h"
#include "actions/machine/simulated/vm_home.h"

namespace machine::simulated::interfaces {

// The state that the interfaces of one simulated machine share.
struct MachineCallContext {
  explicit MachineCallContext(std::unique_ptr<VmHome> vm);

  std::unique_ptr<VmHome> home;
  std::int64_t deadline_ms;  // EBPF_SIMULATED_DEADLINE_MS; the largest number if it is not set
};

// One call of the machine's interfaces: exclusive use of the VM, one virtual millisecond, and the
// check of the process's deadline at its end.
class MachineCall {
 public:
  explicit MachineCall(MachineCallContext& context);
  MachineCall(const MachineCall&) = delete;
  MachineCall& operator=(const MachineCall&) = delete;
  ~MachineCall();

  MachineState& state() { return access_->state(); }
  void changed() { access_->changed(); }
  const disk::Drive& drive() const { return context_.home->drive(); }
  disk::Unsynced& unsynced() { return context_.home->unsynced(); }
  ServiceManager services() { return {state(), drive()}; }
  // Waits, but not beyond the deadline.
  void wait(std::int64_t milliseconds);

 private:
  MachineCallContext& context_;
  std::optional<Access> access_;
};

}  // namespace machine::simulated::interfaces
