#pragma once

#include "actions/machine/simulated/vm_home.h"
#include "engine/handler/run.h"
#include "tests/world/sight.h"

namespace lab {

// What a user holds of a command that ended by itself on a machine where nothing fails by an
// observer: the oracle's rules (tests/world/oracle.h) for that command alone. A test that has a VM
// in a folder gets them behind each of its commands; what does not hold fails it.
void check_as_a_user(const world::Sight& before, const world::Sight& now,
                     const engine::handler::Request& request, const engine::handler::Reply& reply);

// While one lives the rules are not asked. `why`: what the machine is that no rule fits.
class NotAsked {
 public:
  explicit NotAsked(const char* why);
  NotAsked(const NotAsked&) = delete;
  NotAsked& operator=(const NotAsked&) = delete;
  ~NotAsked();
};
bool is_user_asked();

}  // namespace lab
