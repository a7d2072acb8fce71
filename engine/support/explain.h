#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "journal/reader.h"
#include "json/json.h"

namespace engine::support {

// One failure on one screen, for people at night: what failed, why, what was undone, what the
// machine was, how long eBPF was down, what the next command does, what to do. `id` and the
// failures as explanation_of (explanation.h).
std::string explain_text(const journal::Reader& reader, std::optional<std::int64_t> id);
nlohmann::json explain_json(const journal::Reader& reader, std::optional<std::int64_t> id);

}  // namespace engine::support
