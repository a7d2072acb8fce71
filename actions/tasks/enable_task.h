#pragma once

#include "actions/tasks/task_switch.h"

namespace actions::tasks {

struct EnableTaskImages {
  static constexpr std::string_view kKind = "enable-task";
  static constexpr bool kEnables = true;
  using Parameters = NamedTask;
  using Before = TaskImage;
  using After = TaskImage;
};

// Switches a scheduled task on again, at the end of a transaction that began with switching it off.
// Its contract is TaskSwitch's.
class EnableTask final : public TaskSwitch<EnableTaskImages> {
 public:
  using TaskSwitch::TaskSwitch;
};

}  // namespace actions::tasks
