#include "actions/machine/windows/clock.h"

#include <windows.h>

#include <algorithm>

namespace machine::windows {
namespace {

constexpr std::int64_t kMsPerSecond = 1000;
constexpr std::int64_t kMicrosecondsPerMs = 1000;
constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;

std::int64_t monotonic_microseconds() {
  LARGE_INTEGER frequency{};
  LARGE_INTEGER count{};
  QueryPerformanceFrequency(&frequency);  // neither fails on any system this runs on
  QueryPerformanceCounter(&count);
  const std::int64_t seconds = count.QuadPart / frequency.QuadPart;
  const std::int64_t rest = count.QuadPart % frequency.QuadPart;
  return seconds * kMicrosecondsPerSecond + rest * kMicrosecondsPerSecond / frequency.QuadPart;
}

}  // namespace

std::int64_t monotonic_ms() { return monotonic_microseconds() / kMicrosecondsPerMs; }

std::int64_t utc_ms() {
  constexpr std::int64_t kFirstOf1970 = 11'644'473'600;  // seconds since 1601-01-01
  constexpr std::int64_t kTicksPerMs = 10'000;
  FILETIME now{};
  GetSystemTimePreciseAsFileTime(&now);
  const std::int64_t ticks =
      (static_cast<std::int64_t>(now.dwHighDateTime) << 32) | now.dwLowDateTime;
  return ticks / kTicksPerMs - kFirstOf1970 * kMsPerSecond;
}

void wait_ms(std::int64_t milliseconds) {
  constexpr std::int64_t kMostMs = 60 * kMsPerSecond;
  const std::int64_t until = monotonic_microseconds() + milliseconds * kMicrosecondsPerMs;
  for (;;) {
    const std::int64_t left = until - monotonic_microseconds();
    if (left <= 0) return;
    Sleep(static_cast<DWORD>(std::min(left / kMicrosecondsPerMs + 1, kMostMs)));
  }
}

}  // namespace machine::windows
