#pragma once

#include "tests/golden/lines.h"

namespace golden {

// The one renaming under which two runs of the program are compared: of what it may do otherwise
// and yet do the same.
//   times          columns *_at and duration_ms go; a moment in a text is "<time>"
//   work folders   "txn-7-20260101T000000000Z" is "txn-7-<time>"
//   damaged files  "journal.db.damaged-2026-01-01T000007.092Z" is "journal.db.damaged-<time>"
//   process ids    of services in images: "<process>"
// File ids are renamed by one of the two below.
Lines without_times(const Lines& rows);

// Ids from `first_new` on are "f<new>"; those that were there before stay.
Lines with_new_ids_masked(const Lines& rows, std::uint64_t first_new);
// In the order in which they come: "f<1>", "f<2>" …
Lines with_ids_in_order(const Lines& rows);

}  // namespace golden
