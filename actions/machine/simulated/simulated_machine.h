#pragma once

#include <memory>
#include <string>

#include "actions/machine/machine.h"
#include "actions/machine/simulated/vm.h"

namespace machine::simulated {

class MemoryVm;

// The machine of a simulated VM, in a folder (vm.h makes one) or in memory (memory_vm.h). It obeys
// the rules of Windows that matter to an installer, with Win32's codes. Every call costs one
// virtual millisecond and only wait_ms costs more: nothing waits in real time. Other processes
// (simvm, a second handler) may use the same VM between two calls.
//
// EBPF_SIMULATED_DEADLINE_MS, a virtual UTC time in ms: when the clock reaches it, the process
// stops itself (SIGSTOP), so that the parent, which enforces the limit, kills it.
//
// Rejected: keeping the drive in machine.json or in an archive (people want to inspect it with ls
// and break it with sh).
class SimulatedMachine final : public Machine {
 public:
  // Throws kUsage if the folder is no VM.
  explicit SimulatedMachine(const std::string& vm_folder);
  explicit SimulatedMachine(MemoryVm& vm);
  ~SimulatedMachine() override;

  Files& files() override;
  Services& services() override;
  Registry& registry() override;
  Tasks& tasks() override;
  DataCollectors& data_collectors() override;
  Processes& processes() override;
  System& system() override;
  HostFiles& host() override;

 private:
  explicit SimulatedMachine(std::unique_ptr<VmHome> vm);
  struct Faces;
  std::unique_ptr<Faces> faces_;
};

}  // namespace machine::simulated
