#pragma once

#include <memory>

#include "actions/machine/tapped.h"

namespace engine {

// The observer of this process's calls that its environment asks for; nullptr where it asks for
// none. Builds with the simulated machine know its stop point (simvm --kill); builds with fault
// injection know EBPF_HANDLER_FAULT, see actions/machine/fault_tap.h, and
// EBPF_HANDLER_FAULT_HURRY=N: what is waited for by polling is waited for N times as fast.
std::unique_ptr<machine::Tap> tap_from_environment();

}  // namespace engine
