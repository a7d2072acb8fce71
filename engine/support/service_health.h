#pragma once

#include "engine/support/checkup.h"
#include "engine/support/doctor.h"
#include "engine/support/drift.h"

namespace engine::support {

// The components, GuestProxyAgent, and services of others that a command of ours stopped and nobody
// could start again.
void check_services(const Scene& scene, Drifts& drifts, Checkup& checkup);

}  // namespace engine::support
