#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actions/action_of.h"
#include "actions/machine/services.h"

namespace actions::services {

struct StartServiceImages {
  static constexpr std::string_view kKind = "start-service";

  struct Parameters {
    std::string name;
    errors::ExitCode failure_code = errors::ExitCode::kStartDriver;
    std::optional<bool> restart;
    // Set for a service of others: how long its start is waited for.
    std::optional<std::uint32_t> patience_ms;
    static void describe(auto& self, auto& visit) {
      visit.required("name", self.name, Text::kFileName);
      visit.required("failure_code", self.failure_code);
      visit.optional("restart", self.restart);
      visit.optional("patience_ms", self.patience_ms);
    }
  };
  struct Before {
    std::optional<machine::ServiceState> state;  // nullopt: the service was absent
    std::optional<std::uint32_t> process_id;
    // An older program did not write it: its boot counts as this one.
    std::optional<std::string> boot_id;
    static void describe(auto& self, auto& visit) {
      visit.nullable("state", self.state);
      visit.optional("process_id", self.process_id);
      visit.optional("boot_id", self.boot_id);
    }
  };
  struct After {
    std::uint32_t process_id = 0;
    static void describe(auto& self, auto& visit) { visit.required("process_id", self.process_id); }
  };
};

// Starts a service or driver and waits until it runs.
//
// Saves first: its state and process, and the boot in which that was so.
// After-image: its process.
// Undo: stops the service if it was stopped before, and waits until its process has ended. A
//   service that does not stop in time is reboot-needed: nothing but a restart takes a hanging
//   driver out. Undo leaves and reports three others: a service that ran before and that somebody
//   else stopped; a service that runs in another boot than the captured one, since that boot and
//   not we started it; and a service on which running services depend (undo
//   stops what we started of them before, newest first, and the system refuses a stop under the
//   rest: 1051). A restart (Role) is stopped in another boot too, with all that the boot started on
//   top of it: it runs the files that undo is about to take away, and the older step that stopped
//   it starts it again.
// Tolerates: a service that runs or is on its way (waits for it), being run again; in undo also a
//   service that somebody removed meanwhile.
// Refuses: an absent service. A start that fails is a failure at once, with the system's code
//   (PS-30: no pointless polling).
// With a patience: a service that is still on its way when that is over is left to it, and counts
// as
//   started.
// Rejected: a restart action (undone newest first, only stop, change, start comes out in an order
//   that works), and stopping the dependents in undo (they would not be started again).
class StartService final : public ActionOf<StartServiceImages> {
 public:
  // kRestart: an older step of the same operation stopped it.
  enum class Role { kStart, kRestart };

  explicit StartService(std::string name,
                        errors::ExitCode failure_code = errors::ExitCode::kStartDriver,
                        Role role = Role::kStart,
                        std::optional<std::uint32_t> patience_ms = std::nullopt);
  explicit StartService(Parameters parameters) : ActionOf(std::move(parameters)) {}

  std::string target() const override { return given_.name; }
  std::string sentence() const override { return "Start " + given_.name; }
  std::string undo_sentence() const override {
    return "Stop " + given_.name + " if it was stopped";
  }
  Effect effect() const override { return Effect::kStarts; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
};

}  // namespace actions::services
