#pragma once

#include <string>

#include "engine/support/checkup.h"
#include "tests/lab/lab.h"

namespace lab {

// `doctor` of the handler in this package. `observer` sees its calls.
engine::support::Checkup doctor(const Vm& vm, const Package& package,
                                machine::CallObserver* observer = nullptr);

// A person at the VM gives these commands, in their order: those that only look do nothing; a
// restart is followed by the recovery task, where there is one, and the VM Agent's enable. One that
// fails is the last. Throws std::runtime_error for one that no command prompt knows, or that
// PowerShell reads otherwise.
void follow(const Vm& vm, const Package& package, const engine::support::Advice& advice);

// Follows what each finding says, as often as is needed, at most thrice, and waits
// where nothing is to be done by hand. Returns the last checkup.
engine::support::Checkup cured(const Vm& vm, const Package& package);

}  // namespace lab
