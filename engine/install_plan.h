#pragma once

#include <string>

#include "engine/known.h"
#include "engine/plan.h"
#include "package/package_check.h"

namespace engine {

// What install would do. Read-only. Everything that can refuse does so here, before the first step:
//   policy value set 1006; OS build too old or other architecture 51; a newer version installed
//   1005; no space 1108; an older version installed (and not by older files in what this version
//   settled): refused, replacing one version by another is not built yet.
// Nothing installed, or files without registrations: places all files, registers the services
// (start type demand; enable makes them automatic). Same version: repairs what differs from the
// manifest. Starts nothing.
Plan plan_install(machine::Machine& machine, const Known& known,
                  const package::CheckedPackage& checked, const std::string& handler_version,
                  const std::string& work_folder);

// Whether an administrator forbids changes: HKLM\Software\eBPF EbpfDisableRuntimeUpdate, a DWORD or
// number that is not 0. Throws 1006.
void check_policy(machine::Machine& machine);

}  // namespace engine
