#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"
#include "actions/machine/services.h"

namespace actions {

// Sets the list of services that a service depends on, and nothing else of it.
//
// Saves first: the list it had.
// Undo: gives it back if it still is what we set; another list is somebody's decision: left and
//   reported.
// Tolerates: a list that is as wanted already (names are compared without case, the order counts),
//   being run again, a service removed meanwhile (undo).
// Refuses: an absent service.
// Rejected: register-service with all fields (it would declare fields of a service that is not
//   ours).
class SetDependencies final : public Action {
 public:
  SetDependencies(std::string name, std::vector<std::string> depends_on);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "set-dependencies"; }
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
  std::vector<std::string> depends_on_;
};

}  // namespace actions
