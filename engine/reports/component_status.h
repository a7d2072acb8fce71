#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/product/installation_state.h"
#include "engine/product/last_look.h"
#include "engine/transaction/outcome.h"
#include "errors/failure.h"
#include "json/json.h"

namespace engine::reports {

// Inspects every component that exists, read-only, for the substatus of the status file: an array
// of {"name", "status": success|warning|error, "code", "message"}. `code` is the system's error
// code, else an exit code, never 0 in an error; 0 where all is well. Names: EbpfCore, NetEbpfExt,
// eBPFSvc, GuestProxyAgent, Files; and those of Path, NetshHelper, TracingTasks, EbpfStore that the
// version has: `warning` if it is missing or its step was given up. The first three and Files are
// `error` if the last look would fail an enable for them, and a `warning` that says who if somebody
// put a newer version there. A component that the version does not have is a `warning` if it does
// not run. A neighbour that does not run is a `warning` under its own name. `seen`: the last look's
// reading; nullptr: the function reads the machine now.
nlohmann::json component_status(machine::Machine& machine,
                                const product::InstallationState& installation,
                                const product::LastLook* seen,
                                const std::optional<errors::Failure>& cause,
                                const std::vector<transaction::GivenUp>& given_up,
                                const std::vector<std::string>& neighbours);

// The row of such an array, a `warning`, for a newer version that the command leaves in its place;
// `words`: who brought it.
nlohmann::json newer_row(const std::string& words);

}  // namespace engine::reports
