#include "tests/actions/every_kind.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "tests/actions/ledger.h"

namespace actions::testing {
namespace {

constexpr std::array<std::uint64_t, 4> kPowerCuts{0, 1, 2, 3};  // all is lost, nothing, parts

double since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Entry entry_of(const Album& album, const std::string& way) {
  return {.way = way,
          .calls = album.calls(),
          .before = album.before(),
          .after = album.after(),
          .inside = album.inside(),
          .machines = static_cast<int>(album.cases().size())};
}

// What a life throws fails the test as well, and does not hide which case it was.
void live_one(const std::function<void(TestVm&)>& life, TestVm& vm) {
  try {
    life(vm);
  } catch (const std::exception& error) {
    ADD_FAILURE() << "the life ends in: " << error.what();
  }
}

// For a failure's message.
std::string repeated_by() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  return std::string("Repeat it: actions_tests --gtest_filter='") + test->test_suite_name() + "." +
         test->name() + "'";
}

}  // namespace

void NthCall::before(const machine::Call& call) {
  if (++count_ != n_) return;
  name_ = std::string(call.name) + " " + call.object;
  strike(Fault::kKilledBefore, Fault::kFailsUndone);
}

void NthCall::after(const machine::Call& /*call*/) {
  if (count_ == n_) strike(Fault::kKilledAfter, Fault::kFailsDone);
}

std::string NthCall::point() const {
  const bool is_made = fault_ == Fault::kKilledAfter || fault_ == Fault::kFailsDone;
  return std::string(is_made ? "after" : "before") + " call " + std::to_string(n_) + ", " + name_;
}

void NthCall::strike(Fault kill, Fault failure) {
  struck_ = fault_ == kill || fault_ == failure;
  if (fault_ == kill) throw Killed{};
  if (fault_ != failure) return;
  throw errors::Failure(kInjected, name_, "make the injected call " + name_,
                        {"Injected", 1117, "The I/O device failed."});
}

EveryKind::EveryKind() {
  GetParam().prepare(vm_);
  action_ = GetParam().action(vm_);
  start_ = vm_.picture();
  before_ = as_text(action_->capture(vm_.machine()));
}

Json EveryKind::apply(TestVm& vm) {
  return as_text(revived(*action_)->apply(vm.machine(), before_, vm.in(kEnoughMs)));
}

UndoResult EveryKind::undo(TestVm& vm, const Json& after) {
  return revived(*action_)->undo(vm.machine(), before_, after, vm.in(kEnoughMs));
}

Probe EveryKind::probe(TestVm& vm, const Json& after) {
  return revived(*action_)->probe(vm.machine(), before_, after);
}

void EveryKind::expect_undone(TestVm& vm, const Json& after) {
  const UndoResult result = undo(vm, after);
  EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(result.foreign, ::testing::IsEmpty());
  EXPECT_EQ(vm.picture(), start_);
}

EveryKind::Run EveryKind::applying() const {
  return [this](machine::Machine& machine, Deadline deadline) {
    revived(*action_)->apply(machine, before_, deadline);
  };
}

EveryKind::Run EveryKind::undoing(const Json& after) const {
  return [this, after](machine::Machine& machine, Deadline deadline) {
    revived(*action_)->undo(machine, before_, after, deadline);
  };
}

Album EveryKind::photographed(const TestVm& begin, const Run& run) const {
  TestVm vm(begin);
  const Deadline deadline = vm.in(kEnoughMs);
  return Album(vm, [&](machine::Machine& machine) { run(machine, deadline); });
}

void EveryKind::live(const Album& album, const std::string& way,
                     const std::function<void(TestVm&)>& life) {
  const auto begin = std::chrono::steady_clock::now();
  Entry entry = entry_of(album, way);
  TestVm vm(vm_);
  for (const Case& one : album.cases()) {
    vm.become(one.machine);
    live_one(life, vm);
    ++entry.cases;
    if (HasFailure()) {
      ADD_FAILURE() << "on the machine that is left\n" << one.names() << repeated_by();
      return;
    }
  }
  entry.seconds = since(begin);
  enter(entry);
}

void EveryKind::live_behind_power_cuts(const Album& album, const std::string& way,
                                       const std::function<void(TestVm&)>& life) {
  const auto begin = std::chrono::steady_clock::now();
  Entry entry = entry_of(album, way);
  TestVm vm(vm_);
  for (const Case& one : album.cases()) {
    std::vector<TestVm::Photograph> lived;
    for (const std::uint64_t seed : kPowerCuts) {
      vm.become(one.machine);
      vm.power_cut(seed);
      TestVm::Photograph booted = vm.photograph();
      if (std::find(lived.begin(), lived.end(), booted) != lived.end()) continue;
      lived.push_back(std::move(booted));
      live_one(life, vm);
      ++entry.cases;
      if (HasFailure()) {
        ADD_FAILURE() << "behind a power cut with seed " << seed << " on the machine that is left\n"
                      << one.names() << repeated_by();
        return;
      }
    }
  }
  entry.seconds = since(begin);
  enter(entry);
}

void EveryKind::fail_at_each_call(const TestVm& begin, const Run& run, const std::string& way,
                                  const std::function<void(TestVm&)>& then) {
  const auto now = std::chrono::steady_clock::now();
  Entry entry{.way = way};
  const TestVm::Photograph machine = begin.photograph();
  TestVm vm(begin);
  for (const Fault fault : {Fault::kFailsUndone, Fault::kFailsDone}) {
    for (int n = 1;; ++n) {
      vm.become(machine);
      NthCall observer(n, fault);
      const Deadline deadline = vm.in(kEnoughMs);
      try {
        run(*machine::observe(vm.machine(), observer), deadline);
      } catch (const errors::Failure& failure) {
        EXPECT_NE(failure.code(), kInjected) << failure.message();
        // What was being done is told on the way up, or by words of its own that name the object.
        EXPECT_TRUE(!failure.context().empty() ||
                    failure.message().find(action_->target()) != std::string::npos)
            << failure.message();
      }
      if (!observer.reached()) break;
      if (!observer.struck()) continue;
      live_one(then, vm);
      ++(fault == Fault::kFailsUndone ? entry.before : entry.after);
      ++entry.cases;
      if (HasFailure()) {
        ADD_FAILURE() << "where a failure is reported " << observer.point() << "\n"
                      << repeated_by();
        return;
      }
    }
  }
  entry.calls = entry.before;
  entry.seconds = since(now);
  enter(entry);
}

}  // namespace actions::testing
