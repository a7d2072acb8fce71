#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/machine/services.h"

namespace actions {

// Stops a service or driver and waits until its process has ended, with a deadline (PS-27):
// "stopped" is reported before the process has let go of its libraries (PS-28).
//
// Saves first: its state, its process, the boot in which that was so (process ids are used again in
//   another), and its start type.
// Undo: starts it if it ran before, and waits until it runs. One that hangs on its way to a stop is
//   reboot-needed. Left and reported are somebody else's start of a service that was stopped
//   before, and a service that ran and was then removed (1060) or disabled (1058) by somebody else.
// Tolerates: an absent or stopped service (PS-46), one on its way to either state (waits), being
//   run again.
// Refuses: a service on which others depend that run: they are named, and stopping them is the
//   plan's business.
// Rejected: stopping the dependents here (they would not be started again by their own
//   before-images).
class StopService final : public Action {
 public:
  explicit StopService(std::string name);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "stop-service"; }
  std::string target() const override { return name_; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;

 private:
  // Stopped and disabled: a start is refused (1058).
  bool cannot_start(machine::Machine& machine, const machine::ServiceStatus& status) const;
  // The process that must have ended too: the captured one, as long as this boot lasts.
  std::uint32_t captured_process(machine::Machine& machine, const Json& before) const;

  std::string name_;
};

}  // namespace actions
