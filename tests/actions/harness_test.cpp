// Every scenario of every kind, through the contract of action.h; see also killed_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "actions/catalogue.h"
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
