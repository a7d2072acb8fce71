#pragma once

#include "engine/support/checkup.h"
#include "engine/support/doctor.h"

namespace engine::support {

// The recovery copy and its task: armed where an open operation has armed it; and what lies beside
// the journal: work folders, journals and folders that were set aside.
void check_leftovers(const Scene& scene, Checkup& checkup);

}  // namespace engine::support
