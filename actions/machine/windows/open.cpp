#include "actions/machine/windows/interfaces/windows_host_files.h"
#include "actions/machine/windows/windows_machine.h"

namespace machine {

std::unique_ptr<HostFiles> open_host_files() {
  return std::make_unique<windows::interfaces::WindowsHostFiles>();
}

std::unique_ptr<Machine> open_machine() { return std::make_unique<windows::WindowsMachine>(); }

}  // namespace machine
