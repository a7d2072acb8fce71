#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace machine {

// Runs programs of the machine to their end.
class Processes {
 public:
  Processes() = default;
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;
  virtual ~Processes() = default;

  // Runs an image without a shell, with an empty input, in its own folder. It runs in a job with
  // its children, which end with it. Returns its exit code. A missing image: 2 or 3; no image: 193.
  // `deadline_ms` is on the machine's monotonic clock: whatever still runs then is killed, and the
  // call fails with kOutOfTime and 258 (WAIT_TIMEOUT).
  virtual std::uint32_t run(std::string_view path, std::span<const std::string> arguments,
                            std::int64_t deadline_ms) = 0;
};

}  // namespace machine
