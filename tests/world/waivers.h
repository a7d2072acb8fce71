#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "tests/world/rules.h"
#include "tests/world/sight.h"
#include "tests/world/world.h"

namespace world {

// A row says: while this kind of fault is armed at an object, the rule need not hold of that very
// object. It never excuses another object.
struct Waiver {
  FaultKind fault;
  Rule rule;
  std::string_view why;
};
std::span<const Waiver> waivers();

// Two fixed ones need no fault at the service itself: one whose dependency does not run and carries
// an armed fault, and a neighbour whose dependency is not registered any more.

// Counts what was excused, by the row's words.
using WaiverCounts = std::map<std::string, int>;

// Takes out of `findings` what the table excuses. `faults`: those that are still armed.
Findings without_waived(Findings findings, std::span<const Fault> faults, const Sight& now,
                        WaiverCounts& counts);

}  // namespace world
