#pragma once

#include <algorithm>
#include <cstdint>

#include "actions/action.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"

namespace engine::transaction {

// A command's time, counted on the machine's monotonic clock from its start. Each share has its own
// deadline. Work does not get the time that recovery leaves, and loses the time that recovery takes
// beyond its share; undo may use all the time that is left before the margin.
class Budget {
 public:
  Budget(machine::System& system, const commands::TimeShares& shares)
      : shares_(shares), started_ms_(system.monotonic_ms()), work_started_ms_(started_ms_) {}

  // Ends recovery: the shares of work and GuestProxyAgent begin, unless recovery's ran out before.
  void begin_work(machine::System& system) {
    work_started_ms_ = std::min(system.monotonic_ms(), started_ms_ + shares_.recovery_ms);
  }
  // Returns true if only the margin is left: for the end of the report, and nothing that can wait.
  bool is_spent(machine::System& system) const { return system.monotonic_ms() >= undo().at_ms; }

  // Returns true if there is time to inspect all components for the reports: nothing cuts that
  // short, and on a slow machine it takes half a minute.
  bool may_look_round(machine::System& system) const {
    return system.monotonic_ms() < undo().at_ms - kLookRoundMs;
  }

  machine::Deadline recovery() const { return {started_ms_ + shares_.recovery_ms}; }
  machine::Deadline work() const { return {work_started_ms_ + shares_.work_ms}; }
  machine::Deadline guest_proxy_agent() const {
    return {work_started_ms_ + shares_.work_ms + shares_.proxy_ms};
  }
  machine::Deadline undo() const { return {started_ms_ + total()}; }

 private:
  static constexpr std::int64_t kLookRoundMs = 30'000;

  std::int64_t total() const {
    return shares_.recovery_ms + shares_.work_ms + shares_.proxy_ms + shares_.undo_ms;
  }

  commands::TimeShares shares_;
  std::int64_t started_ms_;
  std::int64_t work_started_ms_;
};

// No single step waits longer than this, whatever its share has left. A stop does not count the
// time before it for which a start that is under way is awaited.
inline constexpr std::int64_t kStepLimitMs = 60'000;

inline machine::Deadline step_deadline(machine::System& system, machine::Deadline share) {
  return {std::min(share.at_ms, system.monotonic_ms() + kStepLimitMs)};
}

}  // namespace engine::transaction
