#pragma once

#include <cstdint>
#include <string>

#include "actions/action.h"
#include "actions/machine/system.h"

namespace actions {

// Throws kOutOfTime when the deadline has passed. Actions that go through many objects call it
// before each.
void check_deadline(machine::System& system, Deadline deadline, const std::string& object,
                    const std::string& tried);

// Waits between the questions that a caller asks until the deadline: 50 ms at first, then longer,
// at most 250 ms. So a driver that starts at once costs nothing, and a driver that takes a minute
// is not asked a thousand times.
class Poll {
 public:
  Poll(machine::System& system, Deadline deadline) : system_(system), deadline_(deadline) {}

  // Waits, never past the deadline. Returns false, without waiting, if the deadline has passed.
  bool wait();

 private:
  machine::System& system_;
  Deadline deadline_;
  std::int64_t interval_ms_ = 50;
};

}  // namespace actions
