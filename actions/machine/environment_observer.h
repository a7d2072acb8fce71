#pragma once

#include <memory>

#include "actions/machine/call_observer.h"

namespace machine {

// The observer of this process's calls that its environment asks for; nullptr where it asks for
// none. Which one there is, is chosen when a program is linked. What is shipped has
// `simulated/environment_observer.cpp`, which knows the stop point of the simulated machine (simvm
// --kill), or on Windows `windows/environment_observer.cpp`, which knows none. A program of the
// tests has `environment_faults.cpp` instead, which knows EBPF_HANDLER_FAULT (fault_observer.h) and
// EBPF_HANDLER_FAULT_HURRY=N (what is waited for by polling is waited for N times as fast) only.
std::unique_ptr<CallObserver> observer_from_environment();

}  // namespace machine
