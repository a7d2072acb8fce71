#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "tests/world/rules.h"

namespace world {

// What is wrong today: in each of these worlds this rule does not hold in this life. The test of
// every command in every world requires each of them to fail still: whoever mends the program takes
// it out.
struct KnownWrong {
  std::string_view id;  // "F-03": the report
  std::string_view life;
  Rule rule;
  std::string_view worlds;  // their names, a blank between two
};
std::vector<std::string_view> worlds_of(const KnownWrong& row);
std::span<const KnownWrong> known_wrong();

// Returns true if a row of any life has this world and this rule.
bool is_known_wrong(std::string_view world, Rule rule);
// The row that has this world, or nullptr.
const KnownWrong* known_wrong(std::string_view world, std::string_view life, Rule rule);

}  // namespace world
