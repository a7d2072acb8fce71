#include <gtest/gtest.h>

#include "journal/records.h"

namespace journal {
namespace {

TEST(States, Each_becomes_its_word_and_comes_back) {
  for (int value = 0; value <= static_cast<int>(OperationState::kInconsistent); ++value) {
    const auto state = static_cast<OperationState>(value);
    EXPECT_EQ(operation_state_from(to_text(state)), state);
  }
  for (int value = 0; value <= static_cast<int>(TransactionState::kInconsistent); ++value) {
    const auto state = static_cast<TransactionState>(value);
    EXPECT_EQ(transaction_state_from(to_text(state)), state);
  }
  for (int value = 0; value <= static_cast<int>(StepState::kUndoFailed); ++value) {
    const auto state = static_cast<StepState>(value);
    EXPECT_EQ(step_state_from(to_text(state)), state);
  }
  EXPECT_EQ(to_text(Level::kWarning), "warning");
}

TEST(States, Words_of_a_newer_program_are_unknown) {
  EXPECT_EQ(operation_state_from("paused"), std::nullopt);
  EXPECT_EQ(transaction_state_from(""), std::nullopt);
  EXPECT_EQ(step_state_from("Done"), std::nullopt);
}

TEST(States, The_outcome_is_one_of_the_words_of_journal_list) {
  struct Row {
    std::optional<TransactionState> state;
    bool recovered;
    std::string_view outcome;
  };
  for (const Row& row :
       {Row{TransactionState::kOpen, false, "open"}, Row{TransactionState::kUndoing, true, "open"},
        Row{std::nullopt, false, "open"}, Row{TransactionState::kCommitted, false, "committed"},
        Row{TransactionState::kCommitted, true, "recovered-after"},
        Row{TransactionState::kUndone, false, "undone"},
        Row{TransactionState::kUndone, true, "recovered-before"},
        Row{TransactionState::kRefused, false, "refused"},
        Row{TransactionState::kRebootNeeded, true, "reboot-needed"},
        Row{TransactionState::kInconsistent, false, "inconsistent"}}) {
    Transaction transaction;
    transaction.state = row.state;
    transaction.recovered = row.recovered;
    EXPECT_EQ(outcome(transaction), row.outcome);
  }
}

}  // namespace
}  // namespace journal
