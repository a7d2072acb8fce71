#pragma once

#include <cstdint>
#include <string>

#include "journal/reader.h"
#include "json/json.h"

namespace engine::reports {

// The journal for people and for programs. Only reads; works on a copied file as on the live one.

// A line per transaction: ID STARTED COMMAND VERSION OUTCOME CODE SECONDS CAUSE; columns aligned,
// oldest first. Then the events of no transaction, such as that a damaged journal was set aside.
std::string list_text(const journal::Reader& reader);
nlohmann::json list_json(const journal::Reader& reader);

// One transaction: header, steps `N KIND TARGET STATE MS`, `Failed:` (a step), `Cause:`, `Undo
// failure:`, `What to do:`, events. Throws kUsage for an id that the journal does not hold.
std::string show_text(const journal::Reader& reader, std::int64_t transaction_id);
nlohmann::json show_json(const journal::Reader& reader, std::int64_t transaction_id);

}  // namespace engine::reports
