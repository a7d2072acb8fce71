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
#include "engine/last_look.h"
#include "engine/version_to_be.h"
#include "errors/failure.h"
#include "journal/journal.h"
#include "journal/records.h"

namespace engine {

// Which share of the command's time a step uses.
enum class Share { kWork, kAgent };

struct PlannedStep {
  std::unique_ptr<actions::Action> action;
  // Vital: its failure undoes the transaction. Else best effort: undone alone, recorded, shown as a
  // warning.
  bool vital = true;
  Share share = Share::kWork;
  // The machine is flushed before it: what is to come must not reach the disk before what was.
  bool flush_first = false;
  // The kind of the row in `owned` that stands for what it makes, under its target: of no version
  // where it was given up. "": none.
  std::string makes;
  // Before-image of an earlier command that did this step already, and whose undo becomes ours (the
  // first before-image of an object wins). Null: captured when its turn comes. Adopted steps stand
  // at the head of a plan; all of them are armed when the transaction begins.
  actions::Json adopted;
  // Beside what the action captures: keys of the plan's own that its before-image holds. An object,
  // or null.
  actions::Json remembered;
};

// The before-image of a step: what its action captures, and what the plan has it remember.
actions::Json capture(const PlannedStep& step, machine::Machine& machine);

// What the journal will know when the plan has been carried out; written in the commit that ends
// it.
struct Settlement {
  bool forget_all_owned = false;
  std::vector<journal::Owned> put_owned;
  std::vector<std::pair<std::string, std::string>> put_meta;
  std::vector<std::string> forget_meta;
};

// What a look at the machine after the last step came to, where that does not undo.
struct Judgement {
  std::string note;  // an event; "" for none
  journal::Level level = journal::Level::kInfo;
  // Committed all the same: exit code and status are its. nullopt: none.
  std::optional<errors::Failure> complaint;
};

void write_settlement(journal::Commit& commit, const Settlement& settlement);

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
  std::function<Settlement(machine::Machine&)> settlement;
  // What has to be registered, automatic and running behind the last step: the transaction's last
  // look (last_look.h), also where there is no step. nullopt: nothing is.
  std::optional<VersionToBe> version_to_be;
  Occasion occasion = Occasion::kEnable;  // of the last look
  // Whether what was done is good; asked before the flush and the commit, within GuestProxyAgent's
  // share of the time. May wait; throwing undoes the transaction. `started_utc_ms`: when the start
  // of GuestProxyAgent (the start-service step of that share) began; 0 where it was not begun.
  // Empty function: all is good.
  std::function<Judgement(machine::Machine&, actions::Deadline, std::int64_t started_utc_ms)>
      verdict;

  void add(std::unique_ptr<actions::Action> action, Share share = Share::kWork);
  void add_best_effort(std::unique_ptr<actions::Action> action, Share share = Share::kWork);
  void add_first(std::unique_ptr<actions::Action> action);
  void adopt(std::unique_ptr<actions::Action> action, actions::Json before);
  // Adds to what the journal will know.
  void settle_also(std::function<void(machine::Machine&, Settlement&)> more);
  bool has(std::string_view kind, std::string_view target) const;  // target without case
  bool stops_anything() const;
  template <class Kind, class... Args>
  void step(Args&&... args) {
    add(std::make_unique<Kind>(std::forward<Args>(args)...));
  }
};

}  // namespace engine
