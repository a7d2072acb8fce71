#pragma once

#include <ostream>
#include <string>

namespace simvm {

// The VM for people: system, services with the versions of their images, tasks, what is armed, what
// waits for the boot, the handler and its last status.
void show(const std::string& vm, std::ostream& out);

}  // namespace simvm
