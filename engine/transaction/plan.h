#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/action.h"
#include "engine/product/installation_change.h"
#include "errors/failure.h"
#include "journal/journal.h"
#include "journal/records.h"

namespace engine::transaction {

// Which share of the command's time a step uses.
enum class Share { kWork, kProxy };

struct PlannedStep {
  std::unique_ptr<actions::Action> action;
  // Vital: its failure undoes the transaction. Else best effort: undone alone, recorded, shown as a
  // warning.
  bool vital = true;
  Share share = Share::kWork;
  // The machine is flushed before it: what is to come must not reach the disk before what was.
  bool flush_first = false;
  // Its start is what the listener judges.
  bool watched = false;
  // The kind of the row in `owned` that stands for what it makes, under its target: of no version
  // where it was given up. "": none.
  std::string makes;
  // Before-image of an earlier command that did this step already, and whose undo becomes ours (the
  // first before-image of an object wins). Null: captured when its turn comes. Inherited steps
  // stand at the head of a plan; all of them are armed when the transaction begins.
  actions::Json inherited;
};

// The ordered actions of a command. Can be shown without being run.
struct Plan {
  std::vector<PlannedStep> steps;
  std::vector<std::string> notes;  // for people: what was found, what is left alone
  std::string from_version;        // settled before; "" for none
  std::string to_version;          // settled after
  std::string work_folder;         // "" where no step uses it
  bool restart_due = false;        // a file of something that runs is replaced, nothing restarted
  // Read-only look at the machine after the last step, before the commit. Empty function: nothing
  // changes in what the journal knows.
  std::function<product::InstallationChange(machine::Machine&)> change;
  void add(std::unique_ptr<actions::Action> action, Share share = Share::kWork);
  void add_best_effort(std::unique_ptr<actions::Action> action, Share share = Share::kWork);
  void add_first(std::unique_ptr<actions::Action> action);
  void inherit(std::unique_ptr<actions::Action> action, actions::Json before);
  // Adds to what the journal will know.
  void change_also(std::function<void(machine::Machine&, product::InstallationChange&)> more);
  bool has(std::string_view kind, std::string_view target) const;  // target without case
  bool stops_anything() const;
  template <class Kind, class... Args>
  void step(Args&&... args) {
    add(std::make_unique<Kind>(std::forward<Args>(args)...));
  }
};

}  // namespace engine::transaction
