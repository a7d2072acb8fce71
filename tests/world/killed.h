#pragma once

#include <cstddef>

namespace world {

// Every command killed in every world. Each fails the test with the story of every life that breaks
// a rule which no row of known_wrong names for its world, and prints how many were lived.

// In each world and life one death, another one in each.
void live_a_death_each();
// Of all deaths each `every`th.
void live_deaths(std::size_t every);

// So many deaths in a plain world, each with another bit of the journal's files flipped: whatever
// the program makes of its journal, the VM Agent's next calls end well.
void live_flips(std::size_t lives);

// Every update between payload.h's versions, up and down, in every world: each `every`th of them.
void live_updates(std::size_t every);

}  // namespace world
