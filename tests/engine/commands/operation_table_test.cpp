#include <gtest/gtest.h>

#include <iostream>
#include <set>
#include <string>

#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"

namespace engine {
namespace {

constexpr commands::OperationOpen kOpens[] = {commands::OperationOpen::kNone,
                                              commands::OperationOpen::kUpdate,
                                              commands::OperationOpen::kHandOver};
constexpr commands::Caller kCallers[] = {commands::Caller::kIncoming, commands::Caller::kOther,
                                         commands::Caller::kAfterDisable,
                                         commands::Caller::kBeside};
constexpr commands::VersionRelation kRelations[] = {
    commands::VersionRelation::kNothing, commands::VersionRelation::kSame,
    commands::VersionRelation::kNewer, commands::VersionRelation::kOlder};
constexpr commands::History kHistories[] = {commands::History::kFresh, commands::History::kFailed,
                                            commands::History::kBroken,
                                            commands::History::kExhausted};

template <typename Visit>
void every_situation(Visit visit) {
  for (const commands::OperationOpen open : kOpens) {
    for (const commands::CommandRow& command : commands::commands()) {
      for (const commands::Caller caller : kCallers) {
        for (const commands::VersionRelation relation : kRelations) {
          for (const commands::History history : kHistories) {
            for (const bool taken_over : {false, true})
              visit(commands::Situation{open, command.command, caller, relation, history,
                                        taken_over});
          }
        }
      }
    }
  }
}

const commands::OperationRow* row_of(const commands::Situation& situation) {
  for (const commands::OperationRow& row : commands::operation_table()) {
    if (row.open == situation.open && (!row.command || *row.command == situation.command) &&
        (!row.caller || *row.caller == situation.caller) &&
        (!row.relation || *row.relation == situation.relation) &&
        (!row.history || *row.history == situation.history) &&
        (!row.taken_over || *row.taken_over == situation.taken_over))
      return &row;
  }
  return nullptr;
}

TEST(OperationTable, Has_a_row_for_every_situation_and_no_row_that_none_reaches) {
  std::set<const commands::OperationRow*> reached;
  int situations = 0;
  every_situation([&](const commands::Situation& situation) {
    ++situations;
    const commands::OperationRow* row = row_of(situation);
    ASSERT_NE(row, nullptr);
    reached.insert(row);
    EXPECT_EQ(commands::decide(situation), row->decision);
  });
  EXPECT_EQ(reached.size(), commands::operation_table().size());
  std::cout << "[ table    ] " << commands::operation_table().size() << " rows, " << situations
            << " situations\n";
}

// What may be decided at all: an operation is joined only where one is open, opened only where none
// is, and whatever undoes one first ends without one.
TEST(OperationTable, Joins_only_what_is_open_and_opens_only_where_nothing_is) {
  every_situation([](const commands::Situation& situation) {
    const commands::Decision decision = commands::decide(situation);
    const bool needs_open =
        decision == commands::Decision::kJoin || decision == commands::Decision::kSettle ||
        decision == commands::Decision::kRetire || decision == commands::Decision::kHandOver ||
        decision == commands::Decision::kUndoFirst ||
        decision == commands::Decision::kStopUndoFirst || decision == commands::Decision::kLeave;
    EXPECT_EQ(needs_open, situation.open != commands::OperationOpen::kNone) << to_text(decision);
  });
}

// An enable that repeats a failed attempt never bounces the data path.
TEST(OperationTable, Only_enable_repeats_and_only_after_a_failing_command) {
  every_situation([](const commands::Situation& situation) {
    if (commands::decide(situation) != commands::Decision::kRepeat) return;
    EXPECT_EQ(situation.command, commands::Command::kEnable);
    EXPECT_EQ(situation.history, commands::History::kFailed);
  });
}

TEST(OperationTable, Only_uninstall_retires) {
  every_situation([](const commands::Situation& situation) {
    if (commands::decide(situation) == commands::Decision::kRetire) {
      EXPECT_EQ(situation.command, commands::Command::kUninstall);
    }
  });
}

// Ownership is given up by nothing else, and in a hand-over our own enable or install never goes
// on.
TEST(OperationTable, Only_uninstall_hands_eBPF_over_and_a_hand_over_settles_in_no_other_way) {
  every_situation([](const commands::Situation& situation) {
    const commands::Decision decision = commands::decide(situation);
    const bool gives_up =
        decision == commands::Decision::kHandOver || decision == commands::Decision::kGiveUp;
    if (gives_up) {
      EXPECT_EQ(situation.command, commands::Command::kUninstall);
      EXPECT_TRUE(commands::settles(decision));
    }
    if (situation.open != commands::OperationOpen::kHandOver) return;
    EXPECT_NE(decision, commands::Decision::kSettle);
    EXPECT_NE(decision, commands::Decision::kRetire);
  });
}

TEST(OperationTable, Only_setup_leaves_an_update_that_is_open) {
  every_situation([](const commands::Situation& situation) {
    const bool leaves = commands::decide(situation) == commands::Decision::kLeave;
    const bool beside = situation.open != commands::OperationOpen::kNone &&
                        situation.caller == commands::Caller::kBeside;
    EXPECT_EQ(leaves, beside && commands::is_setup(situation.command));
  });
}

// The VM Agent calls again and again; `setup` is called once, or by a person.
TEST(OperationTable, No_attempt_begins_after_the_last_one) {
  every_situation([](const commands::Situation& situation) {
    if (situation.history != commands::History::kExhausted) return;
    if (commands::is_setup(situation.command)) return;
    const commands::Decision decision = commands::decide(situation);
    EXPECT_NE(decision, commands::Decision::kOpen);
    EXPECT_NE(decision, commands::Decision::kOpenAndSettle);
    if (situation.caller == commands::Caller::kIncoming) {
      EXPECT_NE(decision, commands::Decision::kSettle);
    }
  });
}

TEST(OperationTable, Every_decision_is_made_somewhere_and_has_a_name) {
  std::set<std::string> names;
  every_situation([&](const commands::Situation& s) {
    names.insert(std::string(to_text(commands::decide(s))));
  });
  EXPECT_EQ(names.size(), 13U);
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace engine
