#pragma once

#include <vector>

#include "engine/known.h"
#include "engine/transaction.h"
#include "json/json.h"

namespace engine {

// The rows of the survey for the accessories of what is ours: Path, NetshHelper, TracingTasks,
// EbpfStore; none for what the version does not have. `success`, or `warning` with the system's
// code and text: its step of this transaction was given up, it is missing, or it cannot be looked
// at.
std::vector<nlohmann::json> accessory_rows(machine::Machine& machine, const Known& known,
                                           const std::vector<GivenUp>& given_up);

}  // namespace engine
