#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace machine {

// Programs of the machine that are run to their end.
class Processes {
 public:
  Processes() = default;
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;
  virtual ~Processes() = default;

  // Runs an image without a shell, with nothing on its input, in its own folder, with what it
  // starts in a job that ends with it. Returns its exit code. A missing image: 2 or 3; no image:
  // 193. `deadline_ms` is on the machine's monotonic clock: whoever still runs then is killed, and
  // the call fails with kOutOfTime and 258 (WAIT_TIMEOUT).
  virtual std::uint32_t run(std::string_view path, std::span<const std::string> arguments,
                            std::int64_t deadline_ms) = 0;
};

}  // namespace machine
