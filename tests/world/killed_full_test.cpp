#include <gtest/gtest.h>

#include "tests/world/dead_ends.h"
#include "tests/world/killed.h"

namespace world {
namespace {

// All of them take hours.
TEST(WholeKilledInWorlds, Each_hundredth_death_ends_well) {
  constexpr std::size_t kEvery = 100;
  live_deaths(kEvery);
}

TEST(ManyFlippedBits, Ten_thousand_end_well) {
  constexpr std::size_t kLives = 10'000;
  live_flips(kLives);
}

TEST(WholeNoDeadEnd, Every_state_in_every_world_is_left_by_the_VM_Agents_calls) {
  leave_each_state(1);
}

TEST(WholeUpdatesInWorlds, Every_update_keeps_the_oracles_rules) { live_updates(1); }

}  // namespace
}  // namespace world
