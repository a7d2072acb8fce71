#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/actions/test_vm.h"

namespace actions::testing {

// A machine that a process leaves when it dies, and each point of its run where it leaves just
// that: "before call 17, files.rename C:\...". Who tests the machine has tested all of them.
struct Case {
  TestVm::Photograph machine;
  std::vector<std::string> points;
  std::string names() const;  // a line each
};

// The photographs of one run: before and after each call through the machine's interface, and
// inside a call after each change that it makes. What SIGKILL leaves is what is on the machine at
// that point as it is saved, so nothing is run again to be killed. Machines are equal when all of
// them is: clock, file ids and un-synced effects included.
class Album {
 public:
  // Runs `work` on `vm` to its end.
  Album(TestVm& vm, const std::function<void(machine::Machine&)>& work);

  const std::vector<Case>& cases() const { return cases_; }
  int calls() const { return calls_; }
  int points() const { return before_ + after_ + inside_ + 1; }  // and the end
  int before() const { return before_; }
  int after() const { return after_; }  // less than calls(): a call that fails has none
  int inside() const { return inside_; }

 private:
  class Photographer;
  void take(const TestVm& vm, std::string point);

  std::vector<Case> cases_;
  int calls_ = 0;
  int before_ = 0;
  int after_ = 0;
  int inside_ = 0;
};

}  // namespace actions::testing
