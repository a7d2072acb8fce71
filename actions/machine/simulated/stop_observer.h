#pragma once

#include <memory>

#include "actions/machine/call_observer.h"

namespace machine::simulated {

// Returns an observer that stops the process (SIGSTOP) at one call, so that the parent can kill it
// there; nullptr if EBPF_SIMULATED_STOP_AT=<CALL>[:before|after] is not set. CALL is a number n,
// the n-th call of this process through the observer (1-based, commits of the journal included), or
// a call's name with an optional occurrence: "services.start#2". Default: before. Throws kUsage for
// a value of another form. A call that fails has no after().
std::unique_ptr<CallObserver> stop_observer_from_environment();

}  // namespace machine::simulated
