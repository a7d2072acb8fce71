#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/machine/services.h"

namespace actions {

// Sets the start type of a service, and nothing else of it.
//
// Saves first: the start type it had (PS-32: a driver deliberately on demand or disabled gets just
//   that back).
// Undo: gives it back if it still is what we set; another one is somebody's decision: left and
//   reported.
// Tolerates: a start type that is as wanted already, being run again, a service removed meanwhile
//   (undo).
// Refuses: an absent service.
// Rejected: a part of register-service (the drivers stay disabled over several commands).
class SetStartType final : public Action {
 public:
  SetStartType(std::string name, machine::StartType start);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "set-start-type"; }
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
  machine::StartType start_;
};

}  // namespace actions
