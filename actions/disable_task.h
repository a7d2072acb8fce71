#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"

namespace actions {

// Switches a scheduled task off, so that it does not start while drivers and files are exchanged
// (PS-36: the tracing task holds a handle of EbpfCore). An instance that runs is not ended.
//
// Changes: whether the task is enabled, and nothing else of it.
// Saves first: its XML and whether it was enabled, or that there was none.
// Undo: switches it on again if it was on. A task that was removed meanwhile stays so and is
//   reported.
// Tolerates: an absent task, one that is off already, being run again.
// Rejected: registering it without triggers (the scheduler's wording of the whole XML would have to
//   be put back).
class DisableTask final : public Action {
 public:
  explicit DisableTask(std::string name);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "disable-task"; }
  std::string target() const override { return name_; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;

 private:
  std::string name_;
};

}  // namespace actions
