#pragma once

#include <cstdint>
#include <string>

namespace text {

// Milliseconds since 1970-01-01 UTC -> "2026-11-22T10:18:00.123Z". Years 1970 to 9999.
std::string utc_text(std::int64_t utc_ms);
// The reverse; -1 if the text does not have that form.
std::int64_t utc_ms(const std::string& text);

}  // namespace text
