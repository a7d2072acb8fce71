#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/support/explanation.h"
#include "journal/reader.h"
#include "json/json.h"

namespace engine::support {

// One failure on one screen, for people at night: what failed, why, what was undone, what the
// machine was, how long eBPF was down, what the next command does, what to do. `id` and the
// failures as explanation_of (explanation.h).
std::string explain_text(const journal::Reader& reader, std::optional<std::int64_t> id);
// The same in a few lines for the answer of a command that failed: what its first lines do not say.
// All that support has of a VM is often that. None is longer than 400 bytes. `components`: the
// component status, where the journal has none yet; null: it has, perhaps of an older command,
// which is said with its time.
std::vector<std::string> explain_lines(const journal::Records& records, std::int64_t id,
                                       const nlohmann::json& components);
nlohmann::json explain_json(const journal::Reader& reader, std::optional<std::int64_t> id);

// The same in parts, for other pages: one line that says which command ended how, and what is said
// of it below, a row for each question that has an answer.
struct ExplainedRow {
  std::string_view label;  // "What failed"
  std::string text;        // sentences; more than one line for a list
};
std::string headline(const Explanation& explanation);
std::vector<ExplainedRow> explained(const Explanation& explanation);

}  // namespace engine::support
