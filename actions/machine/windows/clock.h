#pragma once

#include <cstdint>

namespace machine::windows {

// Milliseconds since some moment before this process, by QueryPerformanceCounter: never goes back,
// is not set by anybody.
std::int64_t monotonic_ms();
std::int64_t utc_ms();
// Not shorter than asked for, by the first of the two.
void wait_ms(std::int64_t milliseconds);

}  // namespace machine::windows
