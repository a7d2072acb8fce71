#include <gtest/gtest.h>

#include "tests/world/killed.h"

namespace world {
namespace {

TEST(WholeKilledInWorlds, Every_death_ends_well) { live_every_death(); }

TEST(ManyFlippedBits, Ten_thousand_end_well) {
  constexpr std::size_t kLives = 10'000;
  live_flips(kLives);
}

TEST(WholeUpdatesInWorlds, Every_update_keeps_the_oracles_rules) { live_updates(1); }

}  // namespace
}  // namespace world
