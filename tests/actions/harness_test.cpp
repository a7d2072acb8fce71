// Every scenario of every kind, through the whole contract of action.h.
#include "tests/actions/harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "actions/catalogue.h"
#include "actions/machine/tapped.h"

namespace actions::testing {
namespace {

using ::testing::AnyOf;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

// Of the door's failures here; no action has it for its own.
constexpr errors::ExitCode kOfTheDoor = errors::ExitCode::kBadEnvironment;

// The end of the process: no Failure, so that no action can mistake it for one.
struct Killed {};

enum class Fault { kNone, kKilledBefore, kKilledAfter, kFailsUndone, kFailsDone };
constexpr std::array kKills{Fault::kKilledBefore, Fault::kKilledAfter};
constexpr std::array kFailures{Fault::kFailsUndone, Fault::kFailsDone};

// Counts the calls through the door; at the n-th, the fault.
class NthCall final : public machine::Tap {
 public:
  explicit NthCall(int n = 0, Fault fault = Fault::kNone) : n_(n), fault_(fault) {}

  void before(const machine::Call& call) override {
    if (++count_ != n_) return;
    name_ = std::string(call.name) + " " + call.object;
    strike(Fault::kKilledBefore, Fault::kFailsUndone);
  }
  void after(const machine::Call& /*call*/) override {
    if (count_ == n_) strike(Fault::kKilledAfter, Fault::kFailsDone);
  }

  int count() const { return count_; }
  std::string point() const { return "call " + std::to_string(n_) + ": " + name_; }

 private:
  void strike(Fault kill, Fault failure) const {
    if (fault_ == kill) throw Killed{};
    if (fault_ != failure) return;
    throw errors::Failure(kOfTheDoor, name_, "make the injected call " + name_,
                          {"Injected", 1117, "The I/O device failed."});
  }

  int n_;
  Fault fault_;
  int count_ = 0;
  std::string name_;
};

class EveryKind : public ::testing::TestWithParam<Scenario> {
 protected:
  EveryKind() {
    GetParam().prepare(vm_);
    action_ = GetParam().action(vm_);
    start_ = vm_.picture();
    before_ = as_text(action_->capture(vm_.machine()));
  }

  Json apply(TestVm& vm) {
    return as_text(revived(*action_)->apply(vm.machine(), before_, vm.in(kEnoughMs)));
  }
  UndoResult undo(TestVm& vm, const Json& after) {
    return revived(*action_)->undo(vm.machine(), before_, after, vm.in(kEnoughMs));
  }
  Probe probe(TestVm& vm, const Json& after) {
    return revived(*action_)->probe(vm.machine(), before_, after);
  }
  void expect_undone(TestVm& vm, const Json& after) {
    const UndoResult result = undo(vm, after);
    EXPECT_EQ(result.kind, UndoResult::Kind::kUndone);
    EXPECT_THAT(result.foreign, IsEmpty());
    EXPECT_EQ(vm.picture(), start_);
  }

  // Runs apply, or undo, with a fault at one call. False: there are not so many calls.
  bool strikes(TestVm& vm, NthCall& tap,
               const std::function<void(machine::Machine&, Deadline)>& run) {
    const Deadline deadline = vm.in(kEnoughMs);
    const auto tapped = machine::tap_machine(vm.machine(), tap);
    try {
      run(*tapped, deadline);
    } catch (const Killed&) {
      return true;
    } catch (const errors::Failure& failure) {
      EXPECT_NE(failure.code(), kOfTheDoor) << failure.message();
      // What was being done is told on the way up, or by words of its own that name the object.
      EXPECT_TRUE(!failure.context().empty() ||
                  failure.message().find(action_->target()) != std::string::npos)
          << failure.message();
      return true;
    }
    return false;
  }

  TestVm vm_;
  std::unique_ptr<Action> action_;
  std::string start_;
  Json before_;
};

TEST_P(EveryKind, Capture_changes_nothing) { EXPECT_EQ(vm_.picture(), start_); }

TEST_P(EveryKind, Is_the_same_after_its_way_through_the_journal) {
  const auto other = revived(*action_);
  EXPECT_EQ(other->kind(), action_->kind());
  EXPECT_EQ(other->parameters(), action_->parameters());
  EXPECT_EQ(other->sentence(), action_->sentence());
  EXPECT_EQ(other->undo_sentence(), action_->undo_sentence());
  EXPECT_EQ(other->target(), action_->target());
  EXPECT_EQ(other->deletes(), action_->deletes());
}

TEST_P(EveryKind, Applied_and_undone_twice_is_as_before) {
  EXPECT_EQ(probe(vm_, nullptr), Probe::kBefore);
  const Json after = apply(vm_);
  EXPECT_EQ(probe(vm_, after), Probe::kAfter);
  EXPECT_EQ(vm_.picture() == start_, GetParam().changes_nothing);
  expect_undone(vm_, after);
  if (!GetParam().changes_nothing) {
    EXPECT_EQ(probe(vm_, after), Probe::kBefore);
  }
  expect_undone(vm_, after);
}

TEST_P(EveryKind, Applied_twice_is_as_applied_once) {
  apply(vm_);
  const std::string once = vm_.picture();
  const Json after = apply(vm_);
  EXPECT_EQ(vm_.picture(), once);
  EXPECT_EQ(probe(vm_, after), Probe::kAfter);
  expect_undone(vm_, after);
}

TEST_P(EveryKind, Applied_after_an_undo_is_applied) {
  apply(vm_);
  const std::string once = vm_.picture();
  expect_undone(vm_, nullptr);
  const Json after = apply(vm_);
  EXPECT_EQ(vm_.picture(), once);
  EXPECT_EQ(probe(vm_, after), Probe::kAfter);
}

TEST_P(EveryKind, Undone_without_having_begun_changes_nothing) {
  expect_undone(vm_, nullptr);
  expect_undone(vm_, nullptr);
}

TEST_P(EveryKind, Killed_at_any_call_of_apply_is_undone_to_before) {
  for (const Fault fault : kKills) {
    for (int n = 1;; ++n) {
      TestVm vm(vm_);
      NthCall tap(n, fault);
      const bool struck = strikes(vm, tap, [&](machine::Machine& machine, Deadline deadline) {
        revived(*action_)->apply(machine, before_, deadline);
      });
      if (!struck) break;
      SCOPED_TRACE(tap.point());
      EXPECT_THAT(probe(vm, nullptr),
                  AnyOf(Probe::kBefore, Probe::kBetween, Probe::kAfter, Probe::kMoving));
      expect_undone(vm, nullptr);
      expect_undone(vm, nullptr);
      if (HasFailure()) return;
    }
  }
}

TEST_P(EveryKind, Killed_at_any_call_of_apply_can_be_applied_again) {
  TestVm whole(vm_);
  apply(whole);
  const std::string applied = whole.picture();
  for (const Fault fault : kKills) {
    for (int n = 1;; ++n) {
      TestVm vm(vm_);
      NthCall tap(n, fault);
      const bool struck = strikes(vm, tap, [&](machine::Machine& machine, Deadline deadline) {
        revived(*action_)->apply(machine, before_, deadline);
      });
      if (!struck) break;
      SCOPED_TRACE(tap.point());
      const Json after = apply(vm);
      EXPECT_EQ(vm.picture(), applied);
      EXPECT_EQ(probe(vm, after), Probe::kAfter);
      if (HasFailure()) return;
    }
  }
}

TEST_P(EveryKind, Refused_at_any_call_of_apply_fails_with_its_code_and_is_undone) {
  for (const Fault fault : kFailures) {
    for (int n = 1;; ++n) {
      TestVm vm(vm_);
      NthCall tap(n, fault);
      const bool struck = strikes(vm, tap, [&](machine::Machine& machine, Deadline deadline) {
        revived(*action_)->apply(machine, before_, deadline);
      });
      if (!struck) break;
      SCOPED_TRACE(tap.point());
      expect_undone(vm, nullptr);
      if (HasFailure()) return;
    }
  }
}

TEST_P(EveryKind, Ended_at_any_call_of_undo_is_undone_by_the_next) {
  const Json after = apply(vm_);
  for (const Fault fault :
       {Fault::kKilledBefore, Fault::kKilledAfter, Fault::kFailsUndone, Fault::kFailsDone}) {
    for (const Json& known : {after, Json()}) {
      for (int n = 1;; ++n) {
        TestVm vm(vm_);
        NthCall tap(n, fault);
        const bool struck = strikes(vm, tap, [&](machine::Machine& machine, Deadline deadline) {
          revived(*action_)->undo(machine, before_, known, deadline);
        });
        if (!struck) break;
        SCOPED_TRACE(tap.point());
        expect_undone(vm, known);
        if (HasFailure()) return;
      }
    }
  }
}

// Of a running state a boot changes more than the action did.
class EveryKindThatOutlastsABoot : public EveryKind {};

// Where somebody can get between.
class EveryKindThatOthersChange : public EveryKind {};

TEST_P(EveryKindThatOutlastsABoot, A_power_cut_at_any_call_of_apply_is_undone_to_before) {
  vm_.reboot();  // what was there before is durable
  for (const std::uint64_t seed : {0U, 2U, 3U}) {
    bool struck = true;
    for (int n = 1; struck; ++n) {
      TestVm vm(vm_);
      NthCall tap(n, Fault::kKilledBefore);
      struck = strikes(vm, tap, [&](machine::Machine& machine, Deadline deadline) {
        revived(*action_)->apply(machine, before_, deadline);
      });
      SCOPED_TRACE(tap.point() + ", seed " + std::to_string(seed));
      vm.power_cut(seed);
      expect_undone(vm, nullptr);
      if (HasFailure()) return;
    }
  }
}

TEST_P(EveryKindThatOutlastsABoot, A_power_cut_after_apply_and_a_flush_leaves_it_applied) {
  vm_.reboot();
  const Json after = apply(vm_);
  vm_.system().flush();
  const std::string applied = vm_.picture();
  vm_.power_cut(0);
  EXPECT_EQ(vm_.picture(), applied);
  EXPECT_EQ(probe(vm_, after), Probe::kAfter);
  expect_undone(vm_, after);
}

TEST_P(EveryKindThatOutlastsABoot, A_power_cut_at_any_call_of_undo_is_undone_by_the_next) {
  const Json after = apply(vm_);
  vm_.reboot();
  for (const std::uint64_t seed : {0U, 2U, 3U}) {
    bool struck = true;
    for (int n = 1; struck; ++n) {
      TestVm vm(vm_);
      NthCall tap(n, Fault::kKilledBefore);
      struck = strikes(vm, tap, [&](machine::Machine& machine, Deadline deadline) {
        revived(*action_)->undo(machine, before_, after, deadline);
      });
      SCOPED_TRACE(tap.point() + ", seed " + std::to_string(seed));
      vm.power_cut(seed);
      expect_undone(vm, after);
      if (HasFailure()) return;
    }
  }
}

TEST_P(EveryKindThatOthersChange, A_foreign_change_after_apply_is_left_and_reported) {
  const Json after = apply(vm_);
  GetParam().interfere(vm_);
  EXPECT_THAT(probe(vm_, after), AnyOf(Probe::kForeign, Probe::kAfter));
  const UndoResult first = undo(vm_, after);
  EXPECT_EQ(first.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(first.foreign, Not(IsEmpty()));
  EXPECT_TRUE(GetParam().is_left(vm_));
  const std::string left = vm_.picture();
  const UndoResult second = undo(vm_, after);
  EXPECT_EQ(second.kind, UndoResult::Kind::kUndone);
  EXPECT_THAT(first.foreign, IsSupersetOf(second.foreign));
  EXPECT_EQ(vm_.picture(), left);
}

// Each value of a text from the journal, in turn, is something else.
void for_each_damage(const Json& sound, const std::function<void(const Json&)>& look) {
  const std::vector<Json> hostile{
      nullptr,   -1,          1.5,           true,           "",
      "../../x", "C:\\..\\x", Json::array(), Json::object(), Json::array({7})};
  for (const Json& whole : hostile)
    look(whole);
  const Json flat = sound.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    for (Json::json_pointer place(pointer); !place.empty(); place = place.parent_pointer()) {
      for (const Json& replacement : hostile) {
        Json damaged = sound;
        damaged[place] = replacement;
        look(damaged);
      }
      Json damaged = sound;
      Json& parent = damaged[place.parent_pointer()];
      if (!parent.is_object()) continue;
      parent.erase(place.back());
      look(damaged);
    }
  }
}

TEST_P(EveryKind, Damaged_parameters_are_refused_as_a_journal_that_is_unusable) {
  int refused = 0;
  for_each_damage(action_->parameters(), [&](const Json& damaged) {
    try {
      rebuild(action_->kind(), damaged);
    } catch (const errors::Failure& failure) {
      EXPECT_EQ(failure.code(), errors::ExitCode::kJournalUnusable) << failure.message();
      ++refused;
    }
  });
  EXPECT_GT(refused, 10);
}

TEST_P(EveryKind, Damaged_images_never_end_in_anything_but_a_failure) {
  const Json after = apply(vm_);
  const auto look = [&](const Json& before_image, const Json& after_image) {
    try {
      action_->probe(vm_.machine(), before_image, after_image);
    } catch (const errors::Failure& failure) {
      EXPECT_EQ(failure.code(), errors::ExitCode::kJournalUnusable) << failure.message();
    }
  };
  for_each_damage(before_, [&](const Json& damaged) { look(damaged, after); });
  for_each_damage(after, [&](const Json& damaged) { look(before_, damaged); });
}

std::vector<Scenario> those_that(const std::function<bool(const Scenario&)>& wanted) {
  std::vector<Scenario> some = all_scenarios();
  std::erase_if(some, [&](const Scenario& scenario) { return !wanted(scenario); });
  return some;
}

std::string name_of(const ::testing::TestParamInfo<Scenario>& tested) { return tested.param.name; }

INSTANTIATE_TEST_SUITE_P(Actions, EveryKind, ::testing::ValuesIn(all_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(Actions, EveryKindThatOutlastsABoot,
                         ::testing::ValuesIn(those_that([](const Scenario& scenario) {
                           return scenario.outlasts_a_boot;
                         })),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Actions, EveryKindThatOthersChange,
                         ::testing::ValuesIn(those_that([](const Scenario& scenario) {
                           return scenario.interfere != nullptr;
                         })),
                         name_of);

TEST(Harness, Every_kind_has_a_scenario_with_a_foreign_change) {
  std::set<std::string_view> shown;
  for (const Scenario& scenario : all_scenarios()) {
    TestVm vm;
    scenario.prepare(vm);
    if (scenario.interfere) shown.insert(scenario.action(vm)->kind());
  }
  const auto all = kinds();
  EXPECT_EQ(shown, std::set<std::string_view>(all.begin(), all.end()));
}

TEST(Catalogue, Kinds_are_sorted_and_an_unknown_one_is_no_action) {
  const auto all = kinds();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_EQ(rebuild("restart-service", Json::object()), nullptr);
}

}  // namespace
}  // namespace actions::testing
