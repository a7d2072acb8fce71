#include "actions/machine/simulated/simulated_machine.h"

#include <exception>

#include "actions/machine/simulated/disk/posix_host_files.h"
#include "actions/machine/simulated/interfaces/machine_call.h"
#include "actions/machine/simulated/interfaces/simulated_data_collectors.h"
#include "actions/machine/simulated/interfaces/simulated_files.h"
#include "actions/machine/simulated/interfaces/simulated_processes.h"
#include "actions/machine/simulated/interfaces/simulated_registry.h"
#include "actions/machine/simulated/interfaces/simulated_services.h"
#include "actions/machine/simulated/interfaces/simulated_system.h"
#include "actions/machine/simulated/interfaces/simulated_tasks.h"
#include "actions/machine/simulated/memory_vm.h"
#include "actions/machine/simulated/vm_folder.h"

namespace machine::simulated {

struct SimulatedMachine::Faces {
  explicit Faces(std::unique_ptr<VmHome> vm) : context(std::move(vm)) {}

  interfaces::MachineCallContext context;
  interfaces::SimulatedFiles files{context};
  interfaces::SimulatedServices services{context};
  interfaces::SimulatedRegistry registry{context};
  interfaces::SimulatedTasks tasks{context};
  interfaces::SimulatedDataCollectors data_collectors{context};
  interfaces::SimulatedProcesses processes{context};
  interfaces::SimulatedSystem system{context};
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
DataCollectors& SimulatedMachine::data_collectors() { return faces_->data_collectors; }
Processes& SimulatedMachine::processes() { return faces_->processes; }
System& SimulatedMachine::system() { return faces_->system; }
HostFiles& SimulatedMachine::host() { return faces_->host; }

}  // namespace machine::simulated
