#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/lab/camera.h"
#include "tests/lab/every.h"

namespace faults {

// A matrix ends at the first case that fails: one is enough to mend. EBPF_GO_ON asks for all.
inline bool goes_on() {
  return !testing::Test::HasFailure() || std::getenv("EBPF_GO_ON") != nullptr;
}

// Which cases of a matrix are lived: all of them; with EBPF_EVERY=7 each seventh (the run with
// sanitizers); with EBPF_FAULT=17:kill-after those that stand for that point.
class Choice {
 public:
  bool takes(const std::vector<std::string>& points) {
    if (const char* only = std::getenv("EBPF_FAULT"))
      return std::find(points.begin(), points.end(), only) != points.end();
    return turn_++ % lab::every() == 0;
  }
  bool takes(const std::string& point) { return takes(std::vector<std::string>{point}); }

 private:
  std::uint64_t turn_ = 0;
};

// Lives each shot of a film that is chosen, until one fails. How many that were.
template <typename Shots, typename Live>
std::int64_t live_each(const Shots& shots, Live live) {
  Choice choice;
  std::int64_t lived = 0;
  for (const auto& shot : shots) {
    if (!goes_on()) break;
    if (!choice.takes(shot.points)) continue;
    live(shot);
    ++lived;
  }
  return lived;
}

// Machines that are equal byte for byte are lived once.
class Seen {
 public:
  bool is_new(const lab::Photograph& photograph) {
    const auto [first, end] = known_.equal_range(photograph.fingerprint());
    for (auto known = first; known != end; ++known)
      if (known->second == photograph) return false;
    known_.emplace(photograph.fingerprint(), photograph);
    return true;
  }

 private:
  std::unordered_multimap<std::size_t, lab::Photograph> known_;
};

// What a matrix did: printed at its end.
class Tally {
 public:
  explicit Tally(std::string name) : name_(std::move(name)) {}
  void add(std::string_view what, std::int64_t count) {
    text_ += (text_.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(what);
  }
  ~Tally() {
    const auto took = std::chrono::steady_clock::now() - started_;
    const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(took).count() / 100;
    std::cout << "[ matrix   ] " << name_ << ": " << text_ << ", " << tenths / 10 << "."
              << tenths % 10 << " s\n";
  }
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;

 private:
  std::string name_;
  std::string text_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace faults
