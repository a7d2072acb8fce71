#pragma once

#include <vector>

#include "engine/product/installation_state.h"
#include "engine/transaction/outcome.h"
#include "json/json.h"

namespace engine::reports {

// The rows of component_status for our extras: Path, NetshHelper, TracingTasks, EbpfStore; none for
// an extra that the version does not have. A row is `success`, or `warning` with the system's code
// and text if the extra is missing or unreadable, or if this transaction gave up its step.
std::vector<nlohmann::json> extra_rows(machine::Machine& machine,
                                       const product::InstallationState& installation,
                                       const std::vector<transaction::GivenUp>& given_up);

}  // namespace engine::reports
