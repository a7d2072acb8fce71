#pragma once

#include "engine/handler/progress.h"

namespace engine::handler {

// The last stage of a command: status, events, log, the answer's explanation, what is cleaned up,
// and the copy for support. What fails becomes a note. Where only the margin of the time is left,
// what has not been begun is left to the next command, but for the status.
void report(const Context& at, const Progress& progress, const Ended& ended);

}  // namespace engine::handler
