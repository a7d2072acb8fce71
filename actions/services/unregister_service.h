#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/machine/services.h"

namespace actions {

// Removes the registration of a service or driver.
//
// Changes: deletes it and waits until it is gone.
// Saves first: its whole configuration, what else its key of the registry has, and its state; or
// that
//   it was absent.
// Undo: registers it again, every field as it was, the start type too (PS-12). It is not started:
//   stop-service's undo does that. A service of that name with another configuration is foreign:
//   left and reported.
// Tolerates: an absent service (PS-46), one that somebody else has marked for deletion, being run
//   again.
// Refuses: a service that runs. Deleting it would only mark it, and a marked service cannot be
//   started, changed or made anew until the last handle is closed (PS-21); stopping is a step of
//   its own before. Still marked at the deadline, for handles are open: apply fails; undo cannot
//   register it yet and says reboot-needed.
// Rejected: stopping it here (its undo would have to know whether it ran, and restarts are ordered
//   by the plan).
class UnregisterService final : public Action {
 public:
  explicit UnregisterService(std::string name);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "unregister-service"; }
  std::string target() const override { return name_; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;
  bool deletes() const override { return true; }

 private:
  std::string name_;
};

}  // namespace actions
