#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/product/outage.h"
#include "journal/records.h"
#include "json/json.h"

namespace engine::support {

// Rows of the journal for programs.

std::string state_text(const std::optional<journal::StepState>& state);  // "unknown": a newer one

nlohmann::json operation_json(const journal::Operation& operation);
nlohmann::json text_or_null(const std::string& text);  // null for ""
// ebpf_down_ms, ebpf_down_since, proxy_down_ms and proxy_down_since.
void add_outage(const product::Outage& outage, nlohmann::json& json);

nlohmann::json header_json(const journal::Transaction& transaction);       // as in a list
nlohmann::json transaction_json(const journal::Transaction& transaction);  // all of it
nlohmann::json step_json(const journal::Step& step);
nlohmann::json event_json(const journal::Event& event);
// The events of a transaction; 0: the events of no transaction.
nlohmann::json events_json(const journal::Records& records, std::int64_t transaction_id);

}  // namespace engine::support
