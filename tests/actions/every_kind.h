#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "actions/machine/call_observer.h"
#include "tests/actions/harness.h"
#include "tests/actions/photographs.h"

namespace actions::testing {

// Of the failures that the harness makes; no action has it for its own.
inline constexpr errors::ExitCode kInjected = errors::ExitCode::kBadEnvironment;

// The end of the process: no Failure, so that no action can mistake it for one.
struct Killed {};

enum class Fault { kNone, kKilledBefore, kKilledAfter, kFailsUndone, kFailsDone };

// Counts the calls through the machine's interface; at the n-th, the fault.
class NthCall final : public machine::CallObserver {
 public:
  NthCall(int n, Fault fault) : n_(n), fault_(fault) {}

  void before(const machine::Call& call) override;
  void after(const machine::Call& call) override;
  bool reached() const { return count_ >= n_; }
  bool struck() const { return struck_; }  // a call that fails by itself has nothing behind it
  std::string point() const;

 private:
  void strike(Fault kill, Fault failure);

  int n_;
  Fault fault_;
  int count_ = 0;
  bool struck_ = false;
  std::string name_;
};

// A scenario whose action has been captured.
class EveryKind : public ::testing::TestWithParam<Scenario> {
 protected:
  EveryKind();

  Json apply(TestVm& vm);
  UndoResult undo(TestVm& vm, const Json& after);
  Probe probe(TestVm& vm, const Json& after);
  void expect_undone(TestVm& vm, const Json& after);
  // Apply, or undo, as a process does it that has the journal's text alone.
  using Run = std::function<void(machine::Machine&, Deadline)>;
  Run applying() const;
  Run undoing(const Json& after) const;

  // The photographs of a run that begins on the machine of `begin`.
  Album photographed(const TestVm& begin, const Run& run) const;
  // Lives each case of an album and enters it in the ledger. A failure names all the points of its
  // case.
  void live(const Album& album, const std::string& way, const std::function<void(TestVm&)>& life);
  // The same behind power cuts that lose all, none, and two parts of what was not made durable.
  // Cuts that leave equal machines are one case.
  void live_behind_power_cuts(const Album& album, const std::string& way,
                              const std::function<void(TestVm&)>& life);
  // Runs with a failure at each call in turn: not made, and made but reported as failed. `then`
  // looks at what is left.
  void fail_at_each_call(const TestVm& begin, const Run& run, const std::string& way,
                         const std::function<void(TestVm&)>& then);

  TestVm vm_;
  std::unique_ptr<Action> action_;
  std::string start_;
  Json before_;
};

// Of a running state a boot changes more than the action did.
class EveryKindThatOutlastsABoot : public EveryKind {};

// Where somebody can get between.
class EveryKindThatOthersChange : public EveryKind {};

}  // namespace actions::testing
