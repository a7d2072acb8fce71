#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "journal/records.h"

namespace engine::support {

struct HtmlOptions {
  std::int64_t last = 500;            // the newest so many transactions, 1 ... kMostInHtml
  std::size_t max_bytes = 2'000'000;  // of the page, 60'000 ...
  std::vector<std::string> warnings;  // what the reader says of the journal
};
inline constexpr std::int64_t kMostInHtml = 2000;

// One page for a browser, offline, that loads nothing: the last failure as `explain` has it, the
// machine as the journal saw it last, a time line, and the operations, newest first, with their
// steps to scale, before and after of each object, causes and undo failures. It can be read, folded
// and printed without its script, which only filters.
//
// Its content security policy allows its own style and script, by their digests, and nothing else;
// and no text of the journal gets into the page but escaped: a hostile journal does nothing. Equal
// journals give equal bytes.
//
// Where max_bytes does not hold everything, older operations are shown with less, then not at all,
// and the page says so; what stands above and below them is short whatever the journal holds. At no
// time is more in memory than the rows of the transactions and one operation.
void write_html(const journal::Records& records, const HtmlOptions& options, std::ostream& out);

}  // namespace engine::support
