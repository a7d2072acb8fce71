#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "actions/action.h"
#include "actions/fields.h"
#include "actions/machine/machine.h"
#include "actions/machine/tasks.h"

namespace actions {

template <>
struct Description<machine::ScheduledTask> {
  template <class Self, class Visit>
  static void describe(Self& self, Visit& visit) {
    visit.required("xml", self.xml);
    visit.required("enabled", self.enabled);
  }
};

}  // namespace actions

namespace actions::tasks {

// A scheduled task as it was, or is left.
struct TaskImage {
  std::optional<machine::ScheduledTask> task;  // nullopt: there is none
  static void describe(auto& self, auto& visit) { visit.nullable("task", self.task); }
};

// The parameters of kinds that need nothing but the task's name.
struct NamedTask {
  std::string name;
  static void describe(auto& self, auto& visit) { visit.required("name", self.name); }
};

// The way back to an earlier task. The scheduler rewrites the XML that it is given, so a task is
// known by what was read back after it was registered.
class TaskUndo {
 public:
  // `left`: what apply left. nullopt: that is not known, for the process ended before it was
  // written down, and then whatever is there is ours.
  TaskUndo(std::string name, TaskImage before, std::optional<TaskImage> left)
      : name_(std::move(name)), before_(std::move(before.task)), left_(std::move(left)) {}

  // Brings the earlier task back, or none, if what is there is as we left it. Else it is somebody
  // else's: restore leaves it and reports it in `result`.
  void restore(machine::Machine& machine, UndoResult& result) const;
  // kBefore also where the task is as before and as left, unless what was left is known.
  Probe probe(machine::Machine& machine) const;

 private:
  bool is_ours(const std::optional<machine::ScheduledTask>& now) const;
  // The earlier XML, and not yet switched on or off as it was.
  bool is_half_restored(const std::optional<machine::ScheduledTask>& now) const;

  std::string name_;
  std::optional<machine::ScheduledTask> before_;
  std::optional<TaskImage> left_;
};

// SHA-256 of what a registered task is, whatever the scheduler's wording: without white space, and
// without whether it is enabled.
std::string fingerprint(std::string_view registered_xml);

// Registers the task, and sees to it that it is enabled as wanted. Returns it as read back.
TaskImage put_task(machine::Machine& machine, const std::string& name, const std::string& xml,
                   bool enabled);

}  // namespace actions::tasks
