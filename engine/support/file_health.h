#pragma once

#include "engine/support/checkup.h"
#include "engine/support/doctor.h"
#include "engine/support/drift.h"

namespace engine::support {

// The install folder: who can write there, each file of ours by its hash, files that are not ours,
// and what the next boot would do to them.
void check_files(const Scene& scene, Checkup& checkup);

// PATH, netsh helper, tracing tasks and eBPF store of the settled version.
void check_extras(const Scene& scene, Drifts& drifts, Checkup& checkup);

}  // namespace engine::support
