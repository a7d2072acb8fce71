#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/reader.h"
#include "json/json.h"

namespace engine::support {

// One failure on one screen, for people at night: what failed, why, what was undone, what the
// machine was, how long eBPF was down, what the next command does, what to do. `id` and the
// failures as explanation_of (explanation.h).
std::string explain_text(const journal::Reader& reader, std::optional<std::int64_t> id);
// The same in a few lines for the answer of a command that failed: what its first lines do not say.
// All that support has of a VM is often that. None is longer than 400 bytes. `components`: the
// component status, where the journal has none yet; null: it has.
std::vector<std::string> explain_lines(const journal::Records& records, std::int64_t id,
                                       const nlohmann::json& components);
nlohmann::json explain_json(const journal::Reader& reader, std::optional<std::int64_t> id);

}  // namespace engine::support
