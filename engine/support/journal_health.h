#pragma once

#include "engine/support/checkup.h"
#include "engine/support/doctor.h"

namespace engine::support {

// The journal itself: how the last command ended, what is open and what the next command does with
// it, rows that nothing may be done by, a journal that was lost, damaged ones beside it. Nothing
// without a journal: whoever opened it has said so.
void check_journal(const Scene& scene, Checkup& checkup);

}  // namespace engine::support
