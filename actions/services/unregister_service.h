#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actions/action_of.h"
#include "actions/machine/services.h"
#include "actions/services/named_service.h"
#include "actions/services/service_key.h"

namespace actions::services {

struct UnregisterServiceImages {
  static constexpr std::string_view kKind = "unregister-service";
  using Parameters = NamedService;

  struct Before {
    std::optional<machine::ServiceConfig> config;  // nullopt: absent, or marked for deletion
    // The others: with a configuration only. `key` is nullopt where it could not be read.
    std::optional<std::vector<ServiceKeyValue>> key;
    machine::ServiceState state = machine::ServiceState::kStopped;
    std::uint32_t process_id = 0;
    static void describe(auto& self, auto& visit) {
      visit.nullable("config", self.config);
      if (!self.config) return;
      visit.optional_nullable("key", self.key);
      visit.required("state", self.state);
      visit.required("process_id", self.process_id);
    }
  };
  struct After {
    bool removed = false;
    static void describe(auto& self, auto& visit) { visit.required("removed", self.removed); }
  };
};

// Removes the registration of a service or driver.
//
// Changes: deletes the registration and waits until it is gone, for a moment only: where a program
//   has the service open it stays marked for deletion, and the next boot takes it away.
// Saves first: the service's whole configuration, what else its key of the registry has, and its
//   state; or that it was absent.
// Undo: registers the service again, every field as it was, the start type too (PS-12). It does not
//   start the service: stop-service's undo does that. A service of that name with another
//   configuration is foreign: undo leaves and reports it.
// Tolerates: an absent service (PS-46), a service that somebody else has marked for deletion, being
//   run again.
// Refuses: a service that runs. Deleting it would only mark it, and a marked service cannot be
//   started, changed or made anew until the last handle is closed (PS-21); the plan stops it in a
//   step before. Undo cannot register a marked one yet, and says reboot-needed.
// Rejected: stopping the service here (its undo would have to know whether it ran, and the plan
//   orders restarts).
class UnregisterService final : public ActionOf<UnregisterServiceImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.name; }
  std::string sentence() const override { return "Remove the registration of " + given_.name; }
  std::string undo_sentence() const override { return "Register " + given_.name + " again"; }
  bool deletes() const override { return true; }
  // Its undo registers a service that a boot may start.
  Effect effect() const override { return Effect::kStartType; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
};

}  // namespace actions::services
