#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/known.h"
#include "engine/transaction.h"
#include "errors/failure.h"
#include "json/json.h"

namespace engine {

// A read-only look at every component that exists, for the substatus of the status file: an array
// of
// {"name", "status": success|warning|error, "code", "message"}. `code` is the system's own error
// code, 0 where there is none. Names: EbpfCore, NetEbpfExt, eBPFSvc, GuestProxyAgent, Files; and
// Path, NetshHelper, TracingTasks, EbpfStore as far as the version has them, `warning` where one is
// missing or its step was given up.
nlohmann::json survey(machine::Machine& machine, const Known& known,
                      const std::optional<errors::Failure>& cause,
                      const std::vector<GivenUp>& given_up);

}  // namespace engine
