// How a command ends that fails before its transaction has begun: one table.
#include "engine/handler/refusal_table.h"

#include <gtest/gtest.h>

#include <iostream>
#include <set>

namespace engine::handler {
namespace {

constexpr bool kBoth[] = {false, true};
constexpr Reached kReached[] = {Reached::kRecovery, Reached::kCall, Reached::kDecision};

template <typename Visit>
void every_situation_of(bool is_busy, bool has_journal, bool is_recover, Visit visit) {
  for (const Reached reached : kReached) {
    for (const bool joins : kBoth) {
      for (const bool gives_back : kBoth) {
        for (const bool in_safe_mode : kBoth)
          visit(RefusalSituation{is_busy, has_journal, is_recover, in_safe_mode, reached, joins,
                                 gives_back});
      }
    }
  }
}

template <typename Visit>
void every_situation(Visit visit) {
  for (const bool is_busy : kBoth) {
    for (const bool has_journal : kBoth) {
      for (const bool is_recover : kBoth)
        every_situation_of(is_busy, has_journal, is_recover, visit);
    }
  }
}

template <typename Value>
bool fits(const std::optional<Value>& wanted, Value found) {
  return !wanted || *wanted == found;
}

const RefusalRow* row_of(const RefusalSituation& situation) {
  for (const RefusalRow& row : refusal_table()) {
    if (fits(row.is_busy, situation.is_busy) && fits(row.has_journal, situation.has_journal) &&
        fits(row.is_recover, situation.is_recover) &&
        fits(row.in_safe_mode, situation.in_safe_mode) && fits(row.reached, situation.reached) &&
        fits(row.joins, situation.joins) && fits(row.gives_back, situation.gives_back))
      return &row;
  }
  return nullptr;
}

TEST(RefusalTable, Has_a_row_for_every_situation_and_no_row_that_none_reaches) {
  std::set<const RefusalRow*> reached;
  int situations = 0;
  every_situation([&](const RefusalSituation& situation) {
    ++situations;
    const RefusalRow* row = row_of(situation);
    ASSERT_NE(row, nullptr);
    reached.insert(row);
    EXPECT_EQ(decide_refusal(situation), row->end);
  });
  EXPECT_EQ(reached.size(), refusal_table().size());
  std::cout << "[ table    ] " << refusal_table().size() << " rows, " << situations
            << " situations\n";
}

// Written by hand: what may happen at all.
TEST(RefusalTable, Touches_the_machine_only_where_it_is_known_what_the_command_is_to_an_update) {
  every_situation([](const RefusalSituation& situation) {
    const RefusalEnd end = decide_refusal(situation);
    const bool changes = end == RefusalEnd::kUpdateUndone || end == RefusalEnd::kGivenBack;
    if (changes) {
      EXPECT_TRUE(situation.has_journal);
      EXPECT_FALSE(situation.is_recover);
      EXPECT_FALSE(situation.in_safe_mode);
      EXPECT_EQ(situation.reached, Reached::kDecision) << to_text(situation.reached);
    }
    EXPECT_TRUE(end != RefusalEnd::kUpdateUndone || situation.joins);
    EXPECT_TRUE(end != RefusalEnd::kGivenBack || situation.gives_back);
    EXPECT_TRUE(end != RefusalEnd::kLeftToOther || (situation.is_busy && situation.is_recover));
    EXPECT_TRUE(end != RefusalEnd::kTold || !situation.has_journal || situation.is_recover);
  });
}

}  // namespace
}  // namespace engine::handler
