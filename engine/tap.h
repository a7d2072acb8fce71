#pragma once

#include <memory>

#include "actions/machine/tapped.h"

namespace engine {

// The observer of this process's calls that its environment asks for; nullptr where it asks for
// none. Which one there is, is chosen when a program is linked: `tap.cpp` (what is shipped) knows
// the stop point of the simulated machine (simvm --kill) and on Windows nothing; a program of the
// tests has `tap_with_faults.cpp` instead, which knows EBPF_HANDLER_FAULT (fault_tap.h) and
// EBPF_HANDLER_FAULT_HURRY=N (what is waited for by polling is waited for N times as fast) only.
std::unique_ptr<machine::Tap> tap_from_environment();

}  // namespace engine
