#include "actions/machine/simulated/simulated_machine.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <limits>

#include "actions/machine/simulated/disk/posix_host_files.h"
#include "actions/machine/simulated/machine_call.h"
#include "actions/machine/simulated/memory_vm.h"
#include "actions/machine/simulated/simulated_files.h"
#include "actions/machine/simulated/simulated_processes.h"
#include "actions/machine/simulated/simulated_registry.h"
#include "actions/machine/simulated/simulated_services.h"
#include "actions/machine/simulated/simulated_system.h"
#include "actions/machine/simulated/simulated_tasks.h"
#include "actions/machine/simulated/vm_folder.h"
#include "errors/failure.h"

namespace machine::simulated {
namespace {

std::int64_t deadline_from_environment() {
  const char* text = std::getenv("EBPF_SIMULATED_DEADLINE_MS");
  if (text == nullptr || *text == '\0') return std::numeric_limits<std::int64_t>::max();
  const std::string_view digits(text);
  std::int64_t deadline = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), deadline);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw errors::Failure(errors::ExitCode::kUsage, "EBPF_SIMULATED_DEADLINE_MS",
                          "read the deadline EBPF_SIMULATED_DEADLINE_MS=" + std::string(digits));
  }
  return deadline;
}

}  // namespace

MachineCallContext::MachineCallContext(std::unique_ptr<VmHome> vm)
    : home(std::move(vm)), deadline_ms(deadline_from_environment()) {}

MachineCall::MachineCall(MachineCallContext& context) : context_(context), access_(*context.home) {
  if (services().advance_to(state().clock_ms + 1)) changed();
}

MachineCall::~MachineCall() {
  const bool too_late = state().clock_ms >= context_.deadline_ms;
  if (too_late) changed();
  access_.reset();
  if (too_late) std::raise(SIGSTOP);
}

void MachineCall::wait(std::int64_t milliseconds) {
  const std::int64_t until = state().clock_ms + std::max<std::int64_t>(milliseconds, 0);
  services().advance_to(std::min(until, context_.deadline_ms));
  changed();
}

struct SimulatedMachine::Faces {
  explicit Faces(std::unique_ptr<VmHome> vm) : context(std::move(vm)) {}

  MachineCallContext context;
  SimulatedFiles files{context};
  SimulatedServices services{context};
  SimulatedRegistry registry{context};
  SimulatedTasks tasks{context};
  SimulatedProcesses processes{context};
  SimulatedSystem system{context};
  disk::PosixHostFiles host;
};

SimulatedMachine::SimulatedMachine(std::unique_ptr<VmHome> vm)
    : faces_(std::make_unique<Faces>(std::move(vm))) {
  const Access readable(*faces_->context.home);  // a VM that cannot be read is refused here
}

SimulatedMachine::SimulatedMachine(const std::string& vm_folder)
    : SimulatedMachine(std::make_unique<VmFolder>(vm_folder)) {}

SimulatedMachine::SimulatedMachine(MemoryVm& vm)
    : SimulatedMachine(std::make_unique<MemoryHome>(vm)) {}

SimulatedMachine::~SimulatedMachine() {
  try {
    Access(*faces_->context.home).changed();  // the time that mere questions took
  } catch (const std::exception&) {
    // The folder is gone: a test has tidied up before us.
  }
}

Files& SimulatedMachine::files() { return faces_->files; }
Services& SimulatedMachine::services() { return faces_->services; }
Registry& SimulatedMachine::registry() { return faces_->registry; }
Tasks& SimulatedMachine::tasks() { return faces_->tasks; }
Processes& SimulatedMachine::processes() { return faces_->processes; }
System& SimulatedMachine::system() { return faces_->system; }
HostFiles& SimulatedMachine::host() { return faces_->host; }

}  // namespace machine::simulated
