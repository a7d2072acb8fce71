#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/action.h"
#include "actions/machine/paths.h"
#include "engine/product/installation_change.h"
#include "engine/transaction/phase.h"

namespace engine::transaction {

// Which share of the command's time a step uses.
enum class Share { kWork, kProxy };

struct PlannedStep {
  std::unique_ptr<actions::Action> action;
  Phase phase = Phase::kChange;
  // The failure of a vital step undoes the transaction. A best-effort step that fails is undone
  // alone, recorded, and shown as a warning.
  bool vital = true;
  Share share = Share::kWork;
  // The listener judges what this step started.
  bool watched = false;
  // In kInherit the earlier command's before-image, kept as it is (the first before-image of an
  // object wins); inherited steps are all armed when the transaction begins. Null in other phases:
  // captured when the step's turn comes.
  actions::Json inherited;
};

// The actions of a command, in the order of their phases; actions of one phase in the order in
// which they were added. A plan can be shown without being run.
struct Plan {
  bool is_removal = false;  // removes all that is ours; to be set before steps are added
  std::vector<PlannedStep> steps;
  std::vector<std::string> notes;  // for people: what was found, what is left alone
  std::string from_version;        // settled before; "" for none
  std::string to_version;          // settled after
  std::string work_folder;         // "" if no step uses it
  bool restart_due = false;        // the plan replaces a file in use and does not restart its user
  // Written in the commit that ends the transaction. nullopt: the installation state stays.
  std::optional<product::InstallationChange> change;

  // Returns the step, which is valid until another one is added.
  PlannedStep& add(Phase phase, std::unique_ptr<actions::Action> action);
  template <class Kind, class... Args>
  PlannedStep& add(Phase phase, Args&&... args) {
    return add(phase, std::make_unique<Kind>(std::forward<Args>(args)...));
  }
  void inherit(std::unique_ptr<actions::Action> action, actions::Json before);
  // Returns `change`, made if it is missing, to be added to.
  product::InstallationChange& to_change();

  bool has(Phase phase) const;
  bool has(Phase phase, std::string_view target) const;  // without case
  bool has_vital() const;
  template <class Kind>
  bool has() const {
    return find<Kind>([](const actions::Action&) { return true; });
  }
  template <class Kind>
  bool has(std::string_view target) const {  // without case
    return find<Kind>([target](const actions::Action& action) {
      return machine::equal_names(action.target(), target);
    });
  }

 private:
  template <class Kind, class Fits>
  bool find(const Fits& fits) const {
    for (const PlannedStep& step : steps) {
      if (dynamic_cast<const Kind*>(step.action.get()) != nullptr && fits(*step.action))
        return true;
    }
    return false;
  }
};

// Returns true if the machine is flushed before the step at `index` (0 ..): before the first step
// of a phase that kHold has to reach the disk before, and before the first stop where deletions
// were taken back. A boot that carried them out would leave nothing that the undo of a stop can
// start.
bool is_flushed_before(const Plan& plan, std::size_t index);

}  // namespace engine::transaction
