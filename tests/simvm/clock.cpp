#include "tests/simvm/clock.h"

#include "actions/machine/simulated/service_manager.h"
#include "actions/machine/simulated/vm_folder.h"

namespace simvm {

using machine::simulated::Access;
using machine::simulated::ServiceManager;
using machine::simulated::VmFolder;

std::int64_t pass_time(const std::string& vm, std::int64_t milliseconds) {
  VmFolder folder(vm);
  Access access(folder);
  ServiceManager services(access.state(), folder.drive());
  services.advance_to(access.state().clock_ms + milliseconds);
  access.changed();
  return access.state().clock_ms;
}

}  // namespace simvm
