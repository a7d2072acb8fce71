#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/machine/services.h"

namespace actions {

// Starts a service or driver and waits until it runs.
//
// Saves first: its state and process, and the boot in which that was so.
// After-image: its process.
// Undo: stops it if it was stopped before, and waits until its process has ended. One that will not
//   stop in time is reboot-needed: nothing but a restart takes a hanging driver out. Left and
//   reported are somebody else's stop of a service that ran before; what runs in another boot than
//   the captured one, for that boot started it and not we; and a service on which others depend
//   that run: what we started of them is stopped before, newest first, and the system lets none be
//   stopped under the rest (1051). A restart (Role) is stopped in another boot too, with all that
//   the boot started on top of it: it runs what is about to be taken away, and the older step that
//   stopped it starts it again.
// Tolerates: one that runs or is on its way (waits for it), being run again, a service removed
//   meanwhile (undo).
// Refuses: an absent service. A start that fails is a failure at once, with the system's code
//   (PS-30: no pointless polling).
// Rejected: a restart action (undone newest first, only stop, change, start comes out in an order
//   that works), and stopping the dependents in undo (they would not be started again).
class StartService final : public Action {
 public:
  // kRestart: an older step of the same operation stopped it.
  enum class Role { kStart, kRestart };

  explicit StartService(std::string name,
                        errors::ExitCode failure_code = errors::ExitCode::kStartDriver,
                        Role role = Role::kStart);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "start-service"; }
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
  std::string name_;
  errors::ExitCode failure_code_;
  Role role_;
};

}  // namespace actions
