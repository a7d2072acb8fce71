#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/world/vm_agent.h"

namespace world {

// A machine of the world, in memory, with its VM Agent, which has brought the version `has` onto it
// ("": none). `folder`: an empty folder of the host for it.
class Home {
 public:
  Home(const World& world, const std::string& has, const std::string& folder);
  Home(const Home&) = delete;  // the VM Agent knows the VM by its place
  Home& operator=(const Home&) = delete;
  const lab::Vm& vm() const { return vm_; }
  VmAgent& agent() { return agent_; }

 private:
  static lab::Vm made(const World& world, const std::string& has, const std::string& folder);

  lab::Vm vm_;
  VmAgent agent_;
};

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
Lived live(const World& world, const Life& life, const std::string& folder,
           const std::optional<Death>& death = {});
// An update from one of payload.h's versions to another, up or down, lived the same way.
Lived live_update(const World& world, const std::string& from, const std::string& to,
                  const std::string& folder);
// All deaths of a life, each call's in turn. The calls behind the one that clears the cause are the
// same as those before, and are not counted.
std::vector<Death> deaths_of(const World& world, const Life& life, const std::string& folder);

}  // namespace world
