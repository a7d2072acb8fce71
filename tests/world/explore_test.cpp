// Seeded lives are deterministic, can be shrunk, and a few of them are lived here.
#include "tests/world/explore.h"

#include <gtest/gtest.h>

#include <iostream>
#include <string>

#include "tests/lab/every.h"
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

// With EBPF_EVERY=7 (the run with sanitizers) a seventh of them.
TEST(Explore, Two_hundred_seeded_lives_keep_the_oracles_rules) {
  constexpr std::uint64_t kLives = 200;
  const std::uint64_t lives = kLives / lab::every();
  std::size_t known = 0;
  for (std::uint64_t seed = 1; seed <= lives; ++seed) {
    const Explored life = lived(life_of(seed, 30));
    known += life.known;
    EXPECT_FALSE(life.first) << "seed " << seed << "\n" << life.story << life.script;
  }
  std::cout << "[ explore  ] " << lives << " lives, " << known << " findings that are known\n";
}

TEST(Explore, Lives_that_once_broke_a_rule_keep_it) {
  for (const std::uint64_t seed :
       {20129U, 20317U, 20966U, 21064U, 21710U, 22571U, 40480U, 40552U, 41046U, 50022U}) {
    const Explored life = lived(life_of(seed, 30));
    EXPECT_FALSE(life.first) << "seed " << seed << "\n" << life.story << life.script;
  }
}

TEST(Explore, Other_seeds_make_other_lives) {
  EXPECT_NE(lived(life_of(1, 30)).script, lived(life_of(2, 30)).script);
}

}  // namespace
}  // namespace world
