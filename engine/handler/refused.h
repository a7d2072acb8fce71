#pragma once

#include "engine/handler/progress.h"
#include "errors/failure.h"

namespace engine::handler {

// Ends a command that failed before its transaction began, as the refusal table decides. Never
// throws.
Ended end_refused(const Context& at, Progress& progress, errors::Failure failure);

}  // namespace engine::handler
