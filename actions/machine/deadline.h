#pragma once

#include <cstdint>

namespace machine {

// A moment on the machine's monotonic clock.
struct Deadline {
  std::int64_t at_ms = 0;
};

}  // namespace machine
