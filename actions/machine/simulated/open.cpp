#include <cstdlib>

#include "actions/machine/machine.h"
#include "actions/machine/simulated/disk/posix_host_files.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "errors/failure.h"

namespace machine {

std::unique_ptr<HostFiles> open_host_files() {
  return std::make_unique<simulated::disk::PosixHostFiles>();
}

std::unique_ptr<Machine> open_machine() {
  const char* folder = std::getenv("EBPF_HANDLER_MACHINE");
  if (folder == nullptr || *folder == '\0') {
    throw errors::Failure(errors::ExitCode::kUsage, "EBPF_HANDLER_MACHINE", "find the machine")
        .advise("This build works on a simulated VM only: set EBPF_HANDLER_MACHINE to its folder.");
  }
  return std::make_unique<simulated::SimulatedMachine>(folder);
}

}  // namespace machine
