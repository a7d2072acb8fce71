#pragma once

#include <vector>

#include "engine/product/installation_state.h"
#include "engine/transaction/outcome.h"
#include "json/json.h"

namespace engine::reports {

// The rows of the component_status for the extras of what is ours: Path, NetshHelper, TracingTasks,
// EbpfStore; none for what the version does not have. `success`, or `warning` with the system's
// code and text: its step of this transaction was given up, it is missing, or it cannot be looked
// at.
std::vector<nlohmann::json> extra_rows(machine::Machine& machine,
                                       const product::InstallationState& installation,
                                       const std::vector<transaction::GivenUp>& given_up);

}  // namespace engine::reports
