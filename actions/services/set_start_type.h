#pragma once

#include <optional>
#include <string>

#include "actions/action_of.h"
#include "actions/machine/services.h"

namespace actions::services {

struct SetStartTypeImages {
  static constexpr std::string_view kKind = "set-start-type";

  struct Parameters {
    std::string name;
    machine::StartType start = machine::StartType::kDemand;
    static void describe(auto& self, auto& visit) {
      visit.required("name", self.name, Text::kFileName);
      visit.required("start", self.start);
    }
  };
  struct Before {
    std::optional<machine::StartType> start;  // nullopt: the service was absent
    static void describe(auto& self, auto& visit) { visit.nullable("start", self.start); }
  };
  using After = Before;  // the after-image of an inherited step is a capture
};

// Sets the start type of a service, and nothing else about the service.
//
// Saves first: the start type that the service had (PS-32: a driver that was deliberately on demand
//   or disabled gets exactly that back).
// Undo: restores the earlier start type if the present one still is what we set. Another one is
//   somebody's decision: undo leaves and reports it.
// Tolerates: a start type that is as wanted already, being run again; in undo also a service that
//   somebody removed meanwhile.
// Refuses: an absent service.
// Rejected: a part of register-service (the drivers stay disabled over several commands).
class SetStartType final : public ActionOf<SetStartTypeImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.name; }
  std::string sentence() const override {
    return "Set the start type of " + given_.name + " to " +
           std::string(machine::to_text(given_.start));
  }
  std::string undo_sentence() const override { return "Restore the start type of " + given_.name; }
  Effect effect() const override { return Effect::kStartType; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
};

}  // namespace actions::services
