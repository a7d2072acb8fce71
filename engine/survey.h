#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "engine/known.h"
#include "errors/failure.h"

namespace engine {

// A read-only look at every component that exists, for the substatus of the status file: an array
// of
// {"name", "status": success|warning|error, "code", "message"}. `code` is the system's own error
// code, 0 where there is none. Names: EbpfCore, NetEbpfExt, eBPFSvc, GuestProxyAgent, Files.
nlohmann::json survey(machine::Machine& machine, const Known& known,
                      const std::optional<errors::Failure>& cause);

}  // namespace engine
