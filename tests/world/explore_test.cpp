// Seeded lives are deterministic, can be shrunk, and a few of them are lived here.
#include "tests/world/explore.h"

#include <gtest/gtest.h>

#include <iostream>

#include "tests/lab/temporary_folder.h"

namespace world {
namespace {

Explored lived(const SeededLife& life) {
  const lab::TemporaryFolder folder;
  return explore(life, folder.path().string());
}

TEST(Explore, The_same_seed_makes_the_same_life) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Explored once = lived(life_of(seed, 12));
    const Explored again = lived(life_of(seed, 12));
    EXPECT_EQ(once.script, again.script);
    EXPECT_EQ(once.first.has_value(), again.first.has_value());
    EXPECT_EQ(once.known, again.known);
  }
}

TEST(Explore, Other_seeds_make_other_lives) {
  EXPECT_NE(lived(life_of(1, 30)).script, lived(life_of(2, 30)).script);
}

}  // namespace
}  // namespace world
