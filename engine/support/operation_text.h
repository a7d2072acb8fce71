#pragma once

#include <cstdint>
#include <string>

#include "journal/reader.h"
#include "json/json.h"

namespace engine::support {

// One operation in one view: an update with all its commands and the disable before it, the gaps
// between them, each command's steps, why it failed, and how long eBPF and GuestProxyAgent were
// down in all. Throws kUsage for an id that the journal does not hold.
std::string operation_text(const journal::Reader& reader, std::int64_t operation_id);
nlohmann::json operation_json(const journal::Reader& reader, std::int64_t operation_id);

}  // namespace engine::support
