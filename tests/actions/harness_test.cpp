// Every scenario of every kind, through the contract of action.h; see also killed_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "actions/catalogue.h"
#include "tests/actions/damages.h"
#include "tests/actions/every_kind.h"

namespace actions::testing {
namespace {

using ::testing::AnyOf;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

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

TEST_P(EveryKind, Refused_at_any_call_of_apply_fails_with_its_code_and_is_undone) {
  fail_at_each_call(vm_, applying(), "apply refused, undone",
                    [this](TestVm& vm) { expect_undone(vm, nullptr); });
}

TEST_P(EveryKind, Refused_at_any_call_of_undo_is_undone_by_the_next) {
  const Json after = apply(vm_);
  for (const Json& known : {after, Json()}) {
    fail_at_each_call(vm_, undoing(known), "undo refused, undone",
                      [&](TestVm& vm) { expect_undone(vm, known); });
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

// Counts the calls that reach the machine.
class CountedCalls final : public machine::CallObserver {
 public:
  void before(const machine::Call& /*call*/) override { ++count; }
  void after(const machine::Call& /*call*/) override {}
  int count = 0;
};

errors::ExitCode code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const errors::Failure& failure) {
    return failure.code();
  }
  return errors::ExitCode::kSuccess;
}

void expect_refused(const Damage& damage, TestVm& vm,
                    const std::function<void(machine::Machine&)>& work) {
  CountedCalls calls;
  const auto observed = machine::observe(vm.machine(), calls);
  EXPECT_EQ(code_of([&] { work(*observed); }), errors::ExitCode::kJournalUnusable) << damage.what;
  EXPECT_EQ(calls.count, 0) << damage.what;
}

TEST_P(EveryKind, Damaged_parameters_are_refused_as_a_journal_that_is_unusable) {
  const std::vector<Damage> damages = damaged_parameters(action_->kind(), action_->parameters());
  EXPECT_GT(damages.size(), 10U);
  for (const Damage& damage : damages) {
    EXPECT_EQ(code_of([&] { rebuild(action_->kind(), damage.text); }),
              damage.is_tolerated ? errors::ExitCode::kSuccess : errors::ExitCode::kJournalUnusable)
        << damage.what;
  }
}

TEST_P(EveryKind, Damaged_images_are_refused_before_the_machine_is_touched) {
  const Json after = apply(vm_);
  const auto expect_all_refused = [&](const Damage& damage, const Json& before_image,
                                      const Json& after_image) {
    expect_refused(damage, vm_, [&](machine::Machine& machine) {
      action_->undo(machine, before_image, after_image, vm_.in(kEnoughMs));
    });
    expect_refused(damage, vm_, [&](machine::Machine& machine) {
      action_->probe(machine, before_image, after_image);
    });
  };
  for (const Damage& damage : damaged_before(action_->kind(), before_)) {
    if (damage.is_tolerated) continue;
    expect_all_refused(damage, damage.text, after);
    expect_refused(damage, vm_, [&](machine::Machine& machine) {
      action_->apply(machine, damage.text, vm_.in(kEnoughMs));
    });
  }
  for (const Damage& damage : damaged_after(action_->kind(), after)) {
    if (!damage.is_tolerated && !damage.text.is_null())  // null: it is not known
      expect_all_refused(damage, before_, damage.text);
  }
}

TEST_P(EveryKind, A_damaged_image_is_read_where_its_description_tolerates_it_and_nowhere_else) {
  for (const auto& damages :
       {damaged_before(action_->kind(), before_), damaged_after(action_->kind(), apply(vm_))}) {
    EXPECT_GT(damages.size(), 10U);
    for (const Damage& damage : damages)
      EXPECT_EQ(damage.is_read, damage.is_tolerated) << damage.what;
  }
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
