#include "actions/machine/windows/windows_machine.h"

namespace machine {

std::unique_ptr<Machine> open_machine() { return std::make_unique<windows::WindowsMachine>(); }

}  // namespace machine
