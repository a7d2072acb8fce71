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
  // Vital: its failure undoes the transaction. Else best effort: undone alone, recorded, shown as a
  // warning.
  bool vital = true;
  Share share = Share::kWork;
  // Its start is what the listener judges.
  bool watched = false;
  // kInherit: the before-image of the earlier command (the first before-image of an object wins),
  // kept as it is. Null elsewhere: captured when the step's turn comes. Inherited steps are all
  // armed when the transaction begins.
  actions::Json inherited;
};

// The actions of a command, in the order of their phases; those of one phase in the order in which
// they were added. Can be shown without being run.
struct Plan {
  bool is_removal = false;  // of all that is ours: set before steps are added
  std::vector<PlannedStep> steps;
  std::vector<std::string> notes;  // for people: what was found, what is left alone
  std::string from_version;        // settled before; "" for none
  std::string to_version;          // settled after
  std::string work_folder;         // "" where no step uses it
  bool restart_due = false;        // a file of something that runs is replaced, nothing restarted
  // Written in the commit that ends it. nullopt: nothing changes in what the journal knows.
  std::optional<product::InstallationChange> change;

  // Returns the step, which is valid until another one is added.
  PlannedStep& add(Phase phase, std::unique_ptr<actions::Action> action);
  template <class Kind, class... Args>
  PlannedStep& add(Phase phase, Args&&... args) {
    return add(phase, std::make_unique<Kind>(std::forward<Args>(args)...));
  }
  void inherit(std::unique_ptr<actions::Action> action, actions::Json before);
  // What the commit changes, to be added to.
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

// Whether the machine is flushed before a step of the plan, by its place in it (0 ..).
bool is_flushed_before(const Plan& plan, std::size_t index);

}  // namespace engine::transaction
