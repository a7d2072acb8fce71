#pragma once

#include <memory>

#include "actions/machine/call_observer.h"

namespace machine {

// Returns the observer that the environment of this process asks for, or nullptr. The linker
// chooses among three implementations. Shipped programs have `simulated/environment_observer.cpp`,
// which offers the stop point of the simulated machine (simvm --kill), or on Windows
// `windows/environment_observer.cpp`, which offers none. Test programs have
// `environment_faults.cpp`, which offers only EBPF_HANDLER_FAULT (fault_observer.h) and
// EBPF_HANDLER_FAULT_HURRY=N (a wait by polling takes an N-th of its time).
std::unique_ptr<CallObserver> observer_from_environment();

}  // namespace machine
