#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/machine/services.h"

namespace actions {

// Registers a service or driver, or points a registered one to another image.
//
// Changes: absent: creates it as wanted. There: changes the declared fields (service_fields.h) to
//   the wanted ones; its start type and delayed start stay, they are set-start-type's. It never
//   deletes and re-creates what others depend on (PS-21).
// Saves first: its whole configuration, or that it was absent.
// After-image: the configuration as read back, since Windows rewrites image paths.
// Undo: was absent: if it is ours by its declared fields, stops it, and what depends on it
// (reported),
//   and removes it; still marked for deletion at the deadline is reboot-needed. Was there: gives
//   back each field that still is as we left it (PS-11: exactly what was done). Anything else is
//   foreign: left and reported.
// Tolerates: a service marked for deletion (waits for it to go), being run again, a service removed
//   meanwhile.
// Refuses: another service type (a driver cannot become a program), and a name that somebody else
//   took after the capture.
// Rejected: restoring the old configuration whole (it would take back what an administrator changed
//   meanwhile).
class RegisterService final : public Action {
 public:
  RegisterService(std::string name, machine::ServiceConfig wanted);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "register-service"; }
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
  void change(machine::Machine& machine, const machine::ServiceConfig& current) const;
  void stop_dependents(machine::Machine& machine, Deadline deadline, UndoResult& result) const;
  UndoResult undo_creation(machine::Machine& machine, const Json& before, const Json& after,
                           Deadline deadline) const;
  UndoResult undo_change(machine::Machine& machine, const machine::ServiceConfig& before,
                         const machine::ServiceConfig& left) const;
  // What apply left, or as far as that is known: the wanted configuration.
  machine::ServiceConfig left_by_us(const Json& after) const;
  bool is_ours(machine::Machine& machine, const machine::ServiceConfig& current,
               const Json& after) const;

  std::string name_;
  machine::ServiceConfig wanted_;
};

}  // namespace actions
