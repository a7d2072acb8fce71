#pragma once

#include "engine/support/checkup.h"
#include "engine/support/doctor.h"

namespace engine::support {

// What of ours is installed, who wants it, and what is due with it, as the journal has it.
void check_installation(const Scene& scene, Checkup& checkup);

// Whose the eBPF on the machine is, and who else has installed it: Windows Installer, the
// PowerShell handler, somebody of whom there is no trace.
void check_installers(const Scene& scene, Checkup& checkup);

}  // namespace engine::support
