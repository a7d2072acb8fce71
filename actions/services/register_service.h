#pragma once

#include <optional>
#include <string>

#include "actions/action_of.h"
#include "actions/machine/services.h"

namespace actions::services {

struct RegisterServiceImages {
  static constexpr std::string_view kKind = "register-service";

  struct Parameters {
    std::string name;
    machine::ServiceConfig wanted;
    static void describe(auto& self, auto& visit) {
      visit.required("name", self.name, Text::kFileName);
      visit.required("wanted", self.wanted);
    }
  };
  struct Before {
    std::optional<machine::ServiceConfig> config;  // nullopt: absent, or marked for deletion
    bool marked = false;                           // for deletion
    static void describe(auto& self, auto& visit) {
      visit.nullable("config", self.config);
      visit.required("marked", self.marked);
    }
  };
  struct After {
    machine::ServiceConfig config;
    static void describe(auto& self, auto& visit) { visit.required("config", self.config); }
  };
};

// Registers a service or driver, or points a registered one to another image.
//
// Changes: creates an absent service as wanted. Of a service that is there it changes the declared
//   fields (service_fields.h) to the wanted ones; the start type and the delayed start stay, they
//   are set-start-type's. It never deletes and re-creates what others depend on (PS-21).
// Saves first: the service's whole configuration, or that it was absent.
// After-image: the configuration as read back, since Windows rewrites image paths.
// Undo: where the service was absent: if it is ours by its declared fields, undo stops it, and what
//   depends on it (reported), and removes it; if it is still marked for deletion at the deadline,
//   that is reboot-needed. Where the service was there: undo gives back each field that still is as
//   we left it (PS-11: exactly what was done). Anything else is foreign: left and reported.
// Tolerates: a service marked for deletion (waits for it to go), being run again, a service that
//   somebody removed meanwhile.
// Refuses: another service type (a driver cannot become a program), and a name that somebody else
//   took after the capture.
// Rejected: restoring the old configuration whole (it would take back what an administrator changed
//   meanwhile).
class RegisterService final : public ActionOf<RegisterServiceImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.name; }
  std::string sentence() const override;
  std::string undo_sentence() const override {
    return "Remove the registration, or restore the earlier one";
  }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;

  void change_fields(machine::Machine& machine, const machine::ServiceConfig& current) const;
  void stop_dependents(machine::Machine& machine, Deadline deadline, UndoResult& result) const;
  UndoResult undo_creation(machine::Machine& machine, const Before& before,
                           const AfterIfKnown& after, Deadline deadline) const;
  UndoResult undo_change(machine::Machine& machine, const machine::ServiceConfig& before,
                         const machine::ServiceConfig& left) const;
  // What apply left, or as far as that is known: the wanted configuration.
  const machine::ServiceConfig& left_by_us(const AfterIfKnown& after) const;
  bool is_ours(machine::Machine& machine, const machine::ServiceConfig& current,
               const AfterIfKnown& after) const;
};

}  // namespace actions::services
