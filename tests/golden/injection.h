#pragma once

#include <list>
#include <string>
#include <vector>

#include "actions/machine/fault_observer.h"

namespace golden {

// Several faults of one process; and, where wanted, one of each undo behind them.
class Injection final : public machine::CallObserver {
 public:
  Injection(const std::vector<std::string>& faults, bool undo_fails);
  void attached_to(machine::Machine& machine) override;
  void before(const machine::Call& call) override;
  void after(const machine::Call& call) override;
  // The faults that did not happen.
  std::string missed() const;

 private:
  bool all_happened() const;

  std::vector<std::string> names_;
  std::list<machine::FaultObserver> observers_;
  bool undo_fails_;
  bool is_due_ = false;  // a commit was made, and no call has failed since
};

}  // namespace golden
