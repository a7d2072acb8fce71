// A part of the deaths and updates in the worlds; more of them: killed_full_test.cpp.
#include "tests/world/killed.h"
#include "tests/world/dead_ends.h"

#include <gtest/gtest.h>

namespace world {
namespace {

TEST(KilledInWorlds, A_death_in_each_world_and_life_ends_well) { live_a_death_each(); }

TEST(FlippedBits, A_hundred_in_the_middle_of_each_command_end_well) {
  constexpr std::size_t kLives = 100;
  live_flips(kLives);
}

TEST(NoDeadEnd, Each_nineteenth_state_and_world_is_left_by_the_VM_Agents_calls) {
  constexpr std::size_t kEvery = 19;
  leave_each_state(kEvery);
}

TEST(UpdatesInWorlds, Each_seventh_keeps_the_oracles_rules) {
  constexpr std::size_t kEvery = 7;
  live_updates(kEvery);
}

}  // namespace
}  // namespace world
