#include "actions/deadline.h"

#include <algorithm>

namespace actions {
namespace {

constexpr std::int64_t kLongestIntervalMs = 250;

}  // namespace

void check_deadline(machine::System& system, Deadline deadline, const std::string& object,
                    const std::string& tried) {
  if (system.monotonic_ms() < deadline.at_ms) return;
  throw errors::Failure(errors::ExitCode::kOutOfTime, object, tried + " in the time given");
}

bool Poll::wait() {
  const std::int64_t left_ms = deadline_.at_ms - system_.monotonic_ms();
  if (left_ms <= 0) return false;
  system_.wait_ms(std::min(interval_ms_, left_ms));
  interval_ms_ = std::min(interval_ms_ * 2, kLongestIntervalMs);
  return true;
}

}  // namespace actions
