#include "engine/operation_table.h"

#include <gtest/gtest.h>

#include <iostream>
#include <set>
#include <string>

namespace engine {
namespace {

constexpr OperationOpen kOpens[] = {OperationOpen::kNone, OperationOpen::kUpdate};
constexpr Caller kCallers[] = {Caller::kIncoming, Caller::kOther, Caller::kAfterDisable};
constexpr Stands kStands[] = {Stands::kNothing, Stands::kSame, Stands::kNewer, Stands::kOlder};
constexpr History kHistories[] = {History::kFresh, History::kFailed, History::kBroken,
                                  History::kExhausted};

template <typename Visit>
void every_situation(Visit visit) {
  for (const OperationOpen open : kOpens) {
    for (const CommandRow& command : commands()) {
      for (const Caller caller : kCallers) {
        for (const Stands stands : kStands) {
          for (const History history : kHistories)
            visit(Situation{open, command.command, caller, stands, history});
        }
      }
    }
  }
}

const OperationRow* row_of(const Situation& situation) {
  for (const OperationRow& row : operation_table()) {
    if (row.open == situation.open && (!row.command || *row.command == situation.command) &&
        (!row.caller || *row.caller == situation.caller) &&
        (!row.stands || *row.stands == situation.stands) &&
        (!row.history || *row.history == situation.history))
      return &row;
  }
  return nullptr;
}

TEST(OperationTable, Has_a_row_for_every_situation_and_no_row_that_none_reaches) {
  std::set<const OperationRow*> reached;
  int situations = 0;
  every_situation([&](const Situation& situation) {
    ++situations;
    const OperationRow* row = row_of(situation);
    ASSERT_NE(row, nullptr);
    reached.insert(row);
    EXPECT_EQ(decide(situation), row->decision);
  });
  EXPECT_EQ(reached.size(), operation_table().size());
  std::cout << "[ table    ] " << operation_table().size() << " rows, " << situations
            << " situations\n";
}

// What may be decided at all: an operation is joined only where one is open, opened only where none
// is, and whatever undoes one first ends without one.
TEST(OperationTable, Joins_only_what_is_open_and_opens_only_where_nothing_is) {
  every_situation([](const Situation& situation) {
    const Decision decision = decide(situation);
    const bool needs_open = decision == Decision::kJoin || decision == Decision::kSettle ||
                            decision == Decision::kRetire || decision == Decision::kUndoFirst ||
                            decision == Decision::kStopUndoFirst;
    EXPECT_EQ(needs_open, situation.open == OperationOpen::kUpdate) << to_text(decision);
  });
}

// An enable that repeats a failed attempt never bounces the data path.
TEST(OperationTable, Only_enable_repeats_and_only_after_a_failing_command) {
  every_situation([](const Situation& situation) {
    if (decide(situation) != Decision::kRepeat) return;
    EXPECT_EQ(situation.command, Command::kEnable);
    EXPECT_EQ(situation.history, History::kFailed);
  });
}

TEST(OperationTable, Only_uninstall_retires) {
  every_situation([](const Situation& situation) {
    if (decide(situation) == Decision::kRetire) {
      EXPECT_EQ(situation.command, Command::kUninstall);
    }
  });
}

TEST(OperationTable, No_attempt_begins_after_the_last_one) {
  every_situation([](const Situation& situation) {
    if (situation.history != History::kExhausted) return;
    const Decision decision = decide(situation);
    EXPECT_NE(decision, Decision::kOpen);
    EXPECT_NE(decision, Decision::kOpenAndSettle);
    if (situation.caller == Caller::kIncoming) {
      EXPECT_NE(decision, Decision::kSettle);
    }
  });
}

TEST(OperationTable, Every_decision_is_made_somewhere_and_has_a_name) {
  std::set<std::string> names;
  every_situation([&](const Situation& s) { names.insert(std::string(to_text(decide(s)))); });
  EXPECT_EQ(names.size(), 10U);
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace engine
