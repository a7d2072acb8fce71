#pragma once

#include <string>
#include <vector>

#include "json/json.h"

namespace engine::support::html {

// How one field of an object that a step changes was before the step, and is after it.
struct Difference {
  // What is recorded of it: in both images and not equal, in one image only, in the parameters
  // only, in both images and equal.
  enum class Kind { kChanged, kAfter, kBefore, kAsked, kSame };
  Kind kind = Kind::kSame;
  std::string field;   // "config.start", "files[bpf2c.exe]"
  std::string before;  // kChanged; else the one value
  std::string after;   // kChanged
};

// Of the three JSON texts of a step: what it was asked for, its before-image, its after-image. In
// the order of the kinds. Of long texts that differ a little, only what differs is there and what
// is around it; long digests are cut. At most kMostDifferences, `left_out` says how many more.
inline constexpr std::size_t kMostDifferences = 24;
struct Differences {
  std::vector<Difference> rows;
  std::size_t left_out = 0;
};
Differences differences(const nlohmann::json& asked, const nlohmann::json& before,
                        const nlohmann::json& after);

}  // namespace engine::support::html
