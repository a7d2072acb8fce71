#pragma once

#include <string>

#include "actions/machine/host_files.h"
#include "engine/support/verification.h"
#include "journal/records.h"

namespace engine::support {

// Whether the log and the status files in a folder are what the journal gives: projections of it,
// line by line and byte by byte. Not checked: a folder without them, lines of events that were
// pruned, or that an earlier journal held. `folder`: "" for none.
Check check_log(const journal::Records& records, machine::HostFiles& host,
                const std::string& folder);
Check check_status(const journal::Records& records, machine::HostFiles& host,
                   const std::string& folder);

}  // namespace engine::support
