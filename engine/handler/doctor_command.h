#pragma once

#include "actions/machine/machine.h"
#include "engine/handler/run.h"
#include "engine/support/checkup.h"

namespace engine::handler {

// `doctor`: compares the machine with the journal, and says for each thing how it is and what to
// do. Takes no lock and waits for none, recovers nothing, writes nothing, also not beside the
// journal; a copy of that lies in the temporary folder meanwhile. Of `request` counts who calls:
// program, package_root, is_elevated.
support::Checkup doctor(machine::Machine& machine, const Request& request);

}  // namespace engine::handler
