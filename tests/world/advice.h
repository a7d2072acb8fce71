#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "errors/exit_code.h"
#include "journal/lock.h"
#include "tests/lab/lab.h"
#include "tests/world/vm_agent.h"

namespace world {

// A machine on which a command fails, and the engineer who does what its output says.
struct Night {
  const lab::Vm& vm;
  VmAgent& agent;
  std::unique_ptr<journal::Lock> other = nullptr;  // another command at work
  std::string kept = {};                           // what a file held before it was damaged
};

// How a command comes to end with a code, what it advises, and what following that means.
struct AdviceRow {
  errors::ExitCode code;
  std::string_view world;  // of worlds.cpp, or "windows-2019"
  std::string_view has;    // the version that is there before; "" for none
  std::string_view how;  // what happens; without `fails`: why no command ends so on a simulated VM
  void (*fails)(Night& night) = nullptr;  // its last call ends with the code
  std::string_view advice = "";           // a part of the "What to do" line
  std::string_view means = "";            // without `follow`: why it cannot be followed here
  void (*follow)(Night& night) = nullptr;
};

// Every exit code but success has a row; ordered by code.
std::span<const AdviceRow> advice_rows();
const World& world_of(const AdviceRow& row);

}  // namespace world
