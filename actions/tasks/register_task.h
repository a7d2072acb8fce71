#pragma once

#include <string>

#include "actions/action_of.h"
#include "actions/tasks/task_image.h"

namespace actions::tasks {

struct RegisterTaskImages {
  static constexpr std::string_view kKind = "register-task";
  using Before = TaskImage;
  using After = TaskImage;

  struct Parameters {
    std::string name;
    std::string xml;
    bool enabled = true;
    static void describe(auto& self, auto& visit) {
      visit.required("name", self.name);
      visit.required("xml", self.xml);
      visit.required("enabled", self.enabled);
    }
  };
};

// Registers a scheduled task, or replaces the one of that name (PS-53: an existing one is no
// error).
//
// Changes: the task, and whether it is enabled. It does not end an instance that runs.
// Saves first: the earlier task's XML and whether it was enabled, or that there was none.
// After-image: the task as read back, since the scheduler rewrites its XML.
// Undo: brings the earlier task back, or removes ours, if the task still is as we left it; else
//   undo leaves and reports it. Without an after-image (apply was cut short) whatever is there is
//   ours.
// Tolerates: being run again, an end at any point.
// Refuses: XML that is no task (the scheduler does).
// Rejected: comparing with the XML that was asked for (the scheduler's wording differs), and
//   deleting before registering (a failure between would leave none).
class RegisterTask final : public ActionOf<RegisterTaskImages> {
 public:
  // `enabled`: false keeps a task off that its owner had switched off.
  using ActionOf::ActionOf;

  std::string target() const override { return given_.name; }
  std::string sentence() const override {
    return "Register task " + given_.name + (given_.enabled ? "" : ", disabled");
  }
  std::string undo_sentence() const override { return "Remove it, or restore the earlier one"; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
};

}  // namespace actions::tasks
