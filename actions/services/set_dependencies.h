#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actions/action_of.h"

namespace actions::services {

struct SetDependenciesImages {
  static constexpr std::string_view kKind = "set-dependencies";

  struct Parameters {
    std::string name;
    std::vector<std::string> depends_on;
    static void describe(auto& self, auto& visit) {
      visit.required("name", self.name, Text::kFileName);
      visit.required("depends_on", self.depends_on, Text::kAny);
    }
  };
  struct Before {
    std::optional<std::vector<std::string>> depends_on;  // nullopt: the service was absent
    static void describe(auto& self, auto& visit) {
      visit.nullable("depends_on", self.depends_on, Text::kAny);
    }
  };
  struct After {
    std::vector<std::string> depends_on;
    static void describe(auto& self, auto& visit) {
      visit.required("depends_on", self.depends_on, Text::kAny);
    }
  };
};

// Sets the list of services that a service depends on, and nothing else about the service.
//
// Saves first: the list that the service had.
// Undo: restores the earlier list if the present one still is what we set. Another list is
//   somebody's decision: undo leaves and reports it.
// Tolerates: a list that is as wanted already (names are compared without case, the order counts),
//   being run again; in undo also a service that somebody removed meanwhile.
// Refuses: an absent service.
// Rejected: register-service with all fields (it would declare fields of a service that is not
//   ours).
class SetDependencies final : public ActionOf<SetDependenciesImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.name; }
  std::string sentence() const override;
  std::string undo_sentence() const override {
    return "Restore the dependencies of " + given_.name;
  }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
};

}  // namespace actions::services
