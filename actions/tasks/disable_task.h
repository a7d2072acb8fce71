#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "actions/tasks/task_switch.h"

namespace actions {

// Switches a scheduled task off, so that it does not start while drivers and files are exchanged
// (PS-36: the tracing task holds a handle of EbpfCore). Its contract is TaskSwitch's.
class DisableTask final : public TaskSwitch {
 public:
  explicit DisableTask(std::string name) : TaskSwitch(std::move(name), false) {}
  static std::unique_ptr<Action> from_parameters(const Json& parameters) {
    return std::make_unique<DisableTask>(name_in(kKind, parameters));
  }

  std::string_view kind() const override { return kKind; }

 private:
  static constexpr std::string_view kKind = "disable-task";
};

}  // namespace actions
