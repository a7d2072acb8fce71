// What the journal forgets: the oldest first, so that what is kept is always a whole recent past.
#include <charconv>

#include "journal/state.h"

namespace journal {
namespace {

constexpr std::int64_t kMaxTransactions = 500;
constexpr std::int64_t kMaxAgeMs = std::int64_t{400} * 24 * 60 * 60 * 1000;
constexpr std::int64_t kMaxBytes = std::int64_t{16} * 1024 * 1024;
// Events that belong to no transaction are few; they go by age, and beyond this count.
constexpr std::int64_t kMaxLooseEvents = 1000;

// Ended, in an operation that has ended and is not the last one that settled. (The schema's
// triggers refuse to delete anything under way, whatever is asked here.)
constexpr const char* kPrunable =
    " FROM txn LEFT JOIN operation ON operation.id = txn.operation_id"
    " WHERE txn.state IN ('committed', 'undone', 'refused')"
    " AND coalesce(operation.state, 'settled') IN ('settled', 'undone')"
    " AND txn.operation_id IS NOT (SELECT max(id) FROM operation WHERE state = 'settled')";

}  // namespace

int Journal::prune() {
  State& state = *state_;
  const auto number = [&state](const std::string& sql) {
    const std::vector<std::string> rows = state.column(sql);
    std::int64_t value = 0;
    if (!rows.empty()) {
      std::from_chars(rows.front().data(), rows.front().data() + rows.front().size(), value);
    }
    return value;
  };
  const std::string oldest_kept = text::utc_text(state.options.utc_ms() - kMaxAgeMs);
  const auto too_much = [&](const std::string& started_at) {
    return started_at < oldest_kept || number("SELECT count(*) FROM txn") > kMaxTransactions ||
           number("PRAGMA page_size") *
                   (number("PRAGMA page_count") - number("PRAGMA freelist_count")) >
               kMaxBytes;
  };

  Commit commit(*this);
  const std::string& path = state.options.path;
  int deleted = 0;
  for (const std::string& id :
       state.column(std::string("SELECT txn.id") + kPrunable + " ORDER BY txn.id")) {
    const std::string started_at =
        state.column("SELECT started_at FROM txn WHERE id = " + id).front();
    if (!too_much(started_at)) break;
    state.run(path, "forget an old transaction", "DELETE FROM txn WHERE id = ?1", id);
    ++deleted;
  }
  const int loose =
      state.run(path, "forget old events",
                "DELETE FROM event WHERE txn_id IS NULL AND (at < ?1 OR id NOT IN"
                " (SELECT id FROM event WHERE txn_id IS NULL ORDER BY id DESC LIMIT ?2))",
                oldest_kept, kMaxLooseEvents);
  if (deleted == 0 && loose == 0) return 0;
  state.run(path, "forget old operations",
            "DELETE FROM operation WHERE state IN ('settled', 'undone')"
            " AND id IS NOT (SELECT max(id) FROM operation WHERE state = 'settled')"
            " AND NOT EXISTS (SELECT 1 FROM txn WHERE operation_id = operation.id)");
  commit.finish();
  return deleted;
}

}  // namespace journal
