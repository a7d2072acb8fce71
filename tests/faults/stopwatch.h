#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>

namespace faults {

// How long a matrix takes: printed with its counts.
class Stopwatch {
 public:
  std::int64_t seconds() const {
    const auto took = std::chrono::steady_clock::now() - started_;
    return std::chrono::duration_cast<std::chrono::seconds>(took).count();
  }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

// A matrix ends at the first case that fails: one is enough to mend. EBPF_GO_ON asks for all.
inline bool goes_on() {
  return !testing::Test::HasFailure() || std::getenv("EBPF_GO_ON") != nullptr;
}

}  // namespace faults
