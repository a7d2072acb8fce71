#pragma once

#include "engine/handler/progress.h"

namespace engine::handler {

// The last stage of a command: log, status, events, the answer's explanation, what is cleaned up, and
// the copy for support. What fails becomes a note; where only the margin of the time is left, the
// status alone is written, and the next command writes the rest.
void report(const Context& at, const Progress& progress, const Ended& ended);

}  // namespace engine::handler
