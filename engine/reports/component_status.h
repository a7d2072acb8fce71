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

// A read-only look at every component that exists, for the substatus of the status file: an array
// of {"name", "status": success|warning|error, "code", "message"}. `code` is the system's own error
// code, 0 where there is none. Names: EbpfCore, NetEbpfExt, eBPFSvc, GuestProxyAgent, Files; and
// Path, NetshHelper, TracingTasks, EbpfStore as far as the version has them, `warning` where one is
// missing or its step was given up. The first three and Files are `error` where the last look would
// not let an enable succeed; what the version does not have is a `warning` where it does not run.
// `seen`: what the last look saw of them; nullptr: looks now.
nlohmann::json component_status(machine::Machine& machine,
                                const product::InstallationState& installation,
                                const product::LastLook* seen,
                                const std::optional<errors::Failure>& cause,
                                const std::vector<transaction::GivenUp>& given_up);

}  // namespace engine::reports
