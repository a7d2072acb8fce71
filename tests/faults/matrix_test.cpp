#include <gtest/gtest.h>

#include <csignal>
#include <iostream>
#include <set>

#include "actions/machine/fault_tap.h"
#include "engine/status.h"
#include "tests/faults/scenario.h"

// For each scenario: one clean run tells the calls; then one run per call and kind of fault, each
// on a fresh copy of the machine.

namespace faults {
namespace {

using engine::Command;
using lab::Vm;

// What the last transaction says of the machine.
enum class Named { kNothing, kBefore, kAfter, kOpen };

Named named_by(const std::optional<journal::Transaction>& transaction, std::int64_t known_before) {
  if (!transaction || transaction->id <= known_before) return Named::kNothing;
  const std::string_view outcome = journal::outcome(*transaction);
  if (outcome == "committed" || outcome == "recovered-after") return Named::kAfter;
  if (outcome == "undone" || outcome == "recovered-before" || outcome == "refused")
    return Named::kBefore;
  return Named::kOpen;
}

class Matrix : public testing::TestWithParam<Scenario> {
 protected:
  void SetUp() override {
    base_.emplace(Vm::create(folder_.path() / "base"));
    package_.emplace(folder_.path() / "agent", GetParam().payload);
    GetParam().prepare(*base_, *package_);
    before_ = base_->snapshot();
    const auto last = base_->last_transaction();
    known_before_ = !last ? 0 : GetParam().command == Command::kRecover ? last->id - 1 : last->id;

    const Vm clean = base_->copy_to(folder_.path() / "clean");
    machine::FaultTap tap(std::nullopt);
    clean_code_ = clean.run_in_child(GetParam().command, *package_, nullptr);
    const Vm counted = base_->copy_to(folder_.path() / "clean");
    counted.run(GetParam().command, *package_, &tap);
    calls_ = tap.calls();
    after_ = counted.snapshot();
    if (GetParam().command == Command::kRecover) {  // begins between before and after
      before_ = after_;
    }
    if (named_by(counted.last_transaction(), known_before_) == Named::kBefore) after_ = before_;
  }

  // Returns the exit code, or minus the signal.
  int run_with(const std::string& fault, const Vm& vm) {
    machine::FaultTap tap(machine::fault_from(fault));
    return vm.run_in_child(GetParam().command, *package_, &tap);
  }

  std::string told(const Vm& vm, const std::string& fault) {
    return "scenario " + GetParam().name + ", fault " + fault + "\n" + vm.journal_text() +
           "repeat: build/debug/bin/fault_tests --gtest_filter='*/" + GetParam().name +
           "' --fault=" + fault;
  }

  // The machine is as the journal names it: before or after. `ended`: whether nothing may be left
  // open.
  void check(const Vm& vm, const std::string& fault, bool ended) {
    const std::string found = vm.snapshot();
    const Named named = named_by(vm.last_transaction(), known_before_);
    if (named == Named::kOpen) {
      EXPECT_FALSE(ended) << "still open after recovery\n" << told(vm, fault);
      return;
    }
    const std::string& wanted = named == Named::kAfter ? after_ : before_;
    if (found == wanted) return;
    ADD_FAILURE() << "not as the journal names it ("
                  << (named == Named::kAfter    ? "after"
                      : named == Named::kBefore ? "before"
                                                : "nothing begun")
                  << ")\n"
                  << told(vm, fault) << "\nwanted:\n"
                  << difference(wanted, found);
  }

  static std::string difference(const std::string& wanted, const std::string& found) {
    return nlohmann::json::diff(nlohmann::json::parse(wanted), nlohmann::json::parse(found))
        .dump(2);
  }

  void recover(const Vm& vm, const std::string& fault) {
    const engine::Reply reply = vm.run(Command::kRecover, *package_);
    EXPECT_EQ(static_cast<int>(reply.code), 0) << reply.lines.front() << "\n" << told(vm, fault);
  }

  // Every call × the given kinds. Returns how many cases were run.
  std::int64_t pass(const std::vector<std::string>& kinds) {
    std::int64_t cases = 0;
    for (std::int64_t call = 1; call <= calls_; ++call) {
      for (const std::string& kind : kinds) {
        const std::string fault = std::to_string(call) + ":" + kind;
        const Vm vm = base_->copy_to(folder_.path() / "case");
        const int code = run_with(fault, vm);
        const bool killed = kind.starts_with("kill");
        EXPECT_EQ(code == -SIGKILL, killed) << told(vm, fault);
        if (!killed) check(vm, fault, false);
        recover(vm, fault);
        check(vm, fault, true);
        ++cases;
        if (testing::Test::HasFailure()) return cases;  // one case is enough to mend
      }
    }
    return cases;
  }

  lab::TemporaryFolder folder_;
  std::optional<Vm> base_;
  std::optional<lab::Package> package_;
  std::string before_;
  std::string after_;
  std::int64_t known_before_ = 0;
  std::int64_t calls_ = 0;
  int clean_code_ = 0;
};

TEST_P(Matrix, Killed_at_every_call_recovers_to_what_the_journal_names) {
  const auto cases = pass({"kill-before", "kill-after"});
  EXPECT_EQ(cases, 2 * calls_);
  std::cout << "[ matrix   ] " << GetParam().name << ": " << calls_ << " calls, " << cases
            << " kills\n";
}

TEST_P(Matrix, A_failure_of_any_single_call_leaves_what_the_journal_names) {
  const auto cases = pass({"fail=5", "fail-after=5"});
  EXPECT_EQ(cases, 2 * calls_);
  std::cout << "[ matrix   ] " << GetParam().name << ": " << calls_ << " calls, " << cases
            << " failures\n";
}

INSTANTIATE_TEST_SUITE_P(Every, Matrix, testing::ValuesIn(scenarios().begin(), scenarios().end()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
