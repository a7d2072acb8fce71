#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/fields.h"
#include "actions/machine/machine.h"
#include "actions/machine/tasks.h"

namespace actions {

// A scheduled task in a before- or after-image, and the way back to it. The scheduler rewrites the
// XML that it is given, so a task is known by what was read back after it was registered.
class TaskImage {
 public:
  // The task as it is now; null in JSON where there is none.
  static Json of(machine::Machine& machine, const std::string& name);
  // What `key` holds of a captured task.
  static std::optional<machine::ScheduledTask> read(const Fields& fields, const char* key);

  // `left`: what apply left (nullopt inside: no task); nullopt itself: not known, for the process
  // ended before it was written down, and then whatever is there is ours.
  TaskImage(std::string name, std::optional<machine::ScheduledTask> before,
            std::optional<std::optional<machine::ScheduledTask>> left)
      : name_(std::move(name)), before_(std::move(before)), left_(std::move(left)) {}

  // Brings the earlier task back, or none, if what is there is as we left it; else it is somebody
  // else's: left, and reported in `result`.
  void restore(machine::Machine& machine, UndoResult& result) const;
  // kBefore also where the task is as before and as left, unless what was left is known.
  Probe probe(machine::Machine& machine) const;

 private:
  bool is_ours(const std::optional<machine::ScheduledTask>& now) const;
  // The earlier XML, and not yet switched on or off as it was.
  bool is_half_restored(const std::optional<machine::ScheduledTask>& now) const;

  std::string name_;
  std::optional<machine::ScheduledTask> before_;
  std::optional<std::optional<machine::ScheduledTask>> left_;
};

// SHA-256 of what a registered task is, whatever the scheduler's wording: without white space, and
// without whether it is enabled.
std::string fingerprint(std::string_view registered_xml);

// Registers the task, and sees to it that it is enabled as wanted. Returns it as read back.
Json put_task(machine::Machine& machine, const std::string& name, const std::string& xml,
              bool enabled);

}  // namespace actions
