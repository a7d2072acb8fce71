#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actions/action_of.h"
#include "actions/machine/services.h"

namespace actions::services {

struct StopServiceImages {
  static constexpr std::string_view kKind = "stop-service";

  struct Parameters {
    std::string name;
    // Set for a neighbour: how long its start is waited for.
    std::optional<std::uint32_t> patience_ms;
    static void describe(auto& self, auto& visit) {
      visit.required("name", self.name, Text::kFileName);
      visit.optional("patience_ms", self.patience_ms);
    }
  };
  struct Before {
    std::optional<machine::ServiceState> state;  // nullopt: the service was absent
    std::uint32_t process_id = 0;                // with a state only
    std::string boot_id;                         // with a state only
    std::optional<machine::StartType> start;
    std::optional<std::string> health;  // as GuestProxyAgent said of itself
    static void describe(auto& self, auto& visit) {
      visit.nullable("state", self.state);
      if (self.state) {
        visit.required("process_id", self.process_id);
        visit.required("boot_id", self.boot_id);
      }
      visit.optional("start", self.start);
      visit.optional("health", self.health);
    }
  };
  struct After {
    // The after-image of an inherited step is a capture: the service may be absent there.
    std::optional<machine::ServiceState> state;
    static void describe(auto& self, auto& visit) { visit.nullable("state", self.state); }
  };
};

// Stops a service or driver and waits until its process has ended, with a deadline (PS-27): a
// service reports "stopped" before its process has let go of its libraries (PS-28).
//
// Saves first: its state, its process, the boot in which that was so (another boot uses process ids
//   again), its start type, and what the plan has the before-image remember.
// Undo: starts the service if it ran before, and waits until it runs. A service of others (it has a
//   patience, or its before-image has a health) may refuse: undo reports it, and that is no
//   failure. A service that hangs on its way to a stop is reboot-needed, and so is one of ours that
//   somebody marked for deletion (1072). Undo leaves and reports a service that was stopped before
//   and that somebody else started, and a service that ran and that somebody else then removed
//   (1060) or disabled (1058).
// Tolerates: an absent or stopped service (PS-46), a service on its way to either state (waits),
//   being run again.
// Refuses: a service on which running services depend: the failure names them, and the plan has to
//   stop them first.
// Rejected: stopping the dependents here (they would not be started again by their own
//   before-images).
class StopService final : public ActionOf<StopServiceImages> {
 public:
  // What the plan knows and capture would not find. It goes into the before-image, where `start`
  // replaces the start type that capture finds. An action that is rebuilt from the journal, where
  // the before-image has it already, does without.
  struct Remembered {
    std::optional<std::string> health;
    std::optional<machine::StartType> start;
  };

  explicit StopService(std::string name, Remembered remembered = {},
                       std::optional<std::uint32_t> patience_ms = std::nullopt);
  explicit StopService(Parameters parameters) : ActionOf(std::move(parameters)) {}

  std::string target() const override { return given_.name; }
  std::string sentence() const override { return "Stop " + given_.name; }
  std::string undo_sentence() const override { return "Start " + given_.name + " if it ran"; }
  Effect effect() const override { return Effect::kStops; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
  // Starts the service; of a service of others a failure goes into the result.
  UndoResult start_again(machine::Machine& machine, const Before& before, Deadline deadline) const;
  // Stopped and disabled: a start is refused (1058).
  bool cannot_start(machine::Machine& machine, const machine::ServiceStatus& status) const;

  Remembered remembered_;
};

}  // namespace actions::services
