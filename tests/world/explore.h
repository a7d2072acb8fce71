#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/world/rules.h"
#include "tests/world/vm_agent.h"

namespace world {

// Seeded lives of many events, under the oracle. The same seed makes the same life.

enum class EventKind {
  kInstall,
  kUpdate,  // up or down
  kEnable,
  kDisable,
  kUninstall,
  kHandOver,   // down to the PowerShell handler; from there up to ours again
  kResume,     // the VM Agent starts again, and goes on where it was
  kNewNumber,  // a new goal state, then the same
  kKill,       // the handler dies in one of the next calls
  kBoot,
  kPowerCut,
  kWait,    // half an hour
  kBecome,  // another world's cause appears
  kClear,   // the cause is gone
};

struct Event {
  EventKind kind;
  std::uint32_t choice = 0;  // of a version, a world, or a seed; what it means is its kind's
};

struct SeededLife {
  std::uint64_t seed = 0;
  std::vector<Event> events;
};
SeededLife life_of(std::uint64_t seed, std::size_t most_events);

// What came of a life. Events that the VM Agent cannot make at that moment are passed over.
struct Explored {
  std::optional<Finding> first;  // whose rule no row of known_wrong names for a world that was met
  std::string world;             // that the machine had become last
  std::size_t known = 0;         // findings that a row names
  std::string story;
  std::string script;  // the life, as commands of simvm
};
// `folder`: an empty folder of the host.
Explored explore(const SeededLife& life, const std::string& folder);

// The shortest life, by taking out events, in which the same rule does not hold.
SeededLife shrunk(SeededLife life, Rule rule);

}  // namespace world
