#pragma once

#include "actions/tasks/task_switch.h"

namespace actions::tasks {

struct DisableTaskImages {
  static constexpr std::string_view kKind = "disable-task";
  static constexpr bool kEnables = false;
  using Parameters = NamedTask;
  using Before = TaskImage;
  using After = TaskImage;
};

// Switches a scheduled task off, so that it does not start while drivers and files are exchanged
// (PS-36: the tracing task holds a handle of EbpfCore). Its contract is TaskSwitch's.
class DisableTask final : public TaskSwitch<DisableTaskImages> {
 public:
  using TaskSwitch::TaskSwitch;
};

}  // namespace actions::tasks
