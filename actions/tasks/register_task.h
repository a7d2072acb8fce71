#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/tasks/task_image.h"

namespace actions {

// Registers a scheduled task, or replaces the one of that name (PS-53: an existing one is no
// error).
//
// Changes: the task, and whether it is enabled. An instance that runs is not ended.
// Saves first: the earlier task's XML and whether it was enabled, or that there was none.
// After-image: the task as read back, since the scheduler rewrites its XML.
// Undo: brings the earlier task back, or removes ours, if it still is as we left it; else it is
//   left and reported. Without an after-image (apply was cut short) whatever is there is ours.
// Tolerates: being run again, an end at any point.
// Refuses: XML that is no task (the scheduler does).
// Rejected: comparing with the XML that was asked for (the scheduler's wording differs), and
//   deleting before registering (a failure between would leave none).
class RegisterTask final : public Action {
 public:
  // `enabled`: false keeps a task off that its owner had switched off.
  RegisterTask(std::string name, std::string xml, bool enabled = true);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "register-task"; }
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
  TaskImage image(const Json& before, const Json& after) const;

  std::string name_;
  std::string xml_;
  bool enabled_;
};

}  // namespace actions
