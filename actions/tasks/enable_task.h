#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "actions/tasks/task_switch.h"

namespace actions {

// Switches a scheduled task on again, at the end of a transaction that began with switching it off.
// Its contract is TaskSwitch's.
class EnableTask final : public TaskSwitch {
 public:
  explicit EnableTask(std::string name) : TaskSwitch(std::move(name), true) {}
  static std::unique_ptr<Action> from_parameters(const Json& parameters) {
    return std::make_unique<EnableTask>(name_in(kKind, parameters));
  }

  std::string_view kind() const override { return kKind; }

 private:
  static constexpr std::string_view kKind = "enable-task";
};

}  // namespace actions
