#pragma once

#include <cstdint>
#include <string>

#include "journal/reader.h"
#include "json/json.h"

namespace engine::support {

// The journal for people and for programs. Only reads; works on a copied file as on the live one.

// What of the list is wanted.
struct ListOptions {
  std::int64_t last = 50;  // the newest so many; 0: all
  std::string since;       // "2026-11-22" or "2026-11-22T10:18:00"; "": whenever
  bool failed = false;     // but for what committed with code 0
};

// A line per transaction: ID STARTED COMMAND VERSION OUTCOME CODE SECONDS CAUSE; columns aligned,
// oldest first; a line that says how many older ones there are. Then the events of no transaction,
// such as that a damaged journal was set aside. Throws kUsage for a `since` that is no time.
std::string list_text(const journal::Reader& reader, const ListOptions& options = {});
nlohmann::json list_json(const journal::Reader& reader, const ListOptions& options = {});

// One transaction: header, steps `N KIND TARGET STATE MS`, `Failed:` (a step), `Cause:`, `Undo
// failure:`, `What to do:`, events. Throws kUsage for an id that the journal does not hold.
std::string show_text(const journal::Reader& reader, std::int64_t transaction_id);
nlohmann::json show_json(const journal::Reader& reader, std::int64_t transaction_id);

}  // namespace engine::support
