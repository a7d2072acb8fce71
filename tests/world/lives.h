#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tests/world/vm_agent.h"

namespace world {

// A life: what the VM Agent does on a machine of some world, until the cause is gone and it has
// gone on.
struct Life {
  std::string_view name;      // "update"
  std::string_view sentence;  // what is called
  std::string_view has;       // the version on the machine before; "" for none
  void (*live)(VmAgent& agent);
};
std::span<const Life> lives();

// Returns true if there is such a machine.
bool can_live(const World& world, const Life& life);

struct Lived {
  Findings findings;
  WaiverCounts waived;
  std::string story;
};
// Lives it on a new machine in memory. `folder`: an empty folder of the host for it.
Lived live(const World& world, const Life& life, const std::string& folder);

}  // namespace world
