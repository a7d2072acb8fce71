#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/product/outage.h"

namespace engine::support::html {

// A stretch of time, drawn from left to right: milliseconds since 1970, UTC.
struct Scale {
  std::int64_t from = 0;
  std::int64_t to = 0;

  // "12.34%" of the way; a time outside the stretch is at its end. A part of it likewise.
  std::string position(std::int64_t at) const;
  std::string width(std::int64_t begin, std::int64_t end) const;
};

// SVG without any style of its own, so that the page's style alone decides, and none is inline.
// One row of the page's drawings; `content`: the shapes below. Readers that see no picture get
// `label`; "": what is beside it says the same.
std::string drawing(const std::string& content, const std::string& label);
// From `begin` to `end`; never so thin that it is not seen.
std::string bar(const Scale& scale, std::int64_t begin, std::int64_t end, std::string_view style);
// A line across the row.
std::string tick(const Scale& scale, std::int64_t at, std::string_view style);
// When something was down, over the whole width. What has no end in the journal is down to the
// end of the scale.
std::string band(const Scale& scale, const product::Downtime& down);
// "down 3.2 s", "down since 2026-11-22 10:18:00", "not stopped".
std::string in_words(const product::Downtime& down);

// "2026-11-22 10:18:00" of a time of the journal; as it is where it has another form. No HTML yet.
std::string readable_time(const std::string& at);

}  // namespace engine::support::html
