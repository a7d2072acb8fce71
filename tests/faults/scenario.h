#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/lab/lab.h"

namespace faults {

// A machine brought to a state, and the command whose every call is then a fault point.
struct Scenario {
  std::string name;
  std::string payload;
  engine::Command command;
  std::function<void(const lab::Vm&, const lab::Package&)> prepare;
};

std::span<const Scenario> scenarios();

}  // namespace faults
