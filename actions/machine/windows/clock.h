#pragma once

#include <cstdint>

namespace machine::windows {

// Milliseconds since some moment before this process, by QueryPerformanceCounter: never goes back,
// and nobody can set it.
std::int64_t monotonic_ms();
std::int64_t utc_ms();
// Waits at least so long by monotonic_ms().
void wait_ms(std::int64_t milliseconds);

}  // namespace machine::windows
