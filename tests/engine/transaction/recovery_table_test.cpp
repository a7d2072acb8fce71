// What recovery does about a transaction: one table.
#include <optional>
#include <set>
#include <string>

#include "engine/transaction/recovery.h"
#include "journal/records.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

using journal::TransactionState;

TEST(RecoveryTable, Every_row_is_what_decides_its_own_case) {
  for (const transaction::RecoveryRow& row : transaction::recovery_table()) {
    std::optional<TransactionState> state;
    if (!row.state.empty()) {
      state = journal::transaction_state_from(row.state);
      ASSERT_TRUE(state) << row.state;
    }
    const std::string_view command = row.command.empty() ? "install" : row.command;
    EXPECT_EQ(transaction::decide_recovery(state, command, row.delete_armed, row.other_boot),
              row.decision)
        << row.state << " " << row.command;
  }
}

TEST(RecoveryTable, No_row_stands_twice) {
  std::set<std::string> seen;
  for (const transaction::RecoveryRow& row : transaction::recovery_table()) {
    const std::string key = std::string(row.state) + "/" + std::string(row.command) + "/" +
                            std::to_string(row.delete_armed) + std::to_string(row.other_boot);
    EXPECT_TRUE(seen.insert(key).second) << key;
  }
}

TEST(RecoveryTable, Only_an_uninstall_whose_delete_was_armed_is_completed) {
  const auto state = TransactionState::kOpen;
  EXPECT_EQ(transaction::decide_recovery(state, "uninstall", true, false),
            transaction::RecoveryDecision::kComplete);
  EXPECT_EQ(transaction::decide_recovery(state, "uninstall", true, true),
            transaction::RecoveryDecision::kComplete);
  EXPECT_EQ(transaction::decide_recovery(state, "uninstall", false, false),
            transaction::RecoveryDecision::kUndo);
  EXPECT_EQ(transaction::decide_recovery(state, "setup uninstall", true, false),
            transaction::RecoveryDecision::kComplete);
  for (const char* command :
       {"install", "enable", "disable", "update", "setup install", "", "something-new"})
    EXPECT_EQ(transaction::decide_recovery(state, command, true, false),
              transaction::RecoveryDecision::kUndo)
        << command;
}

TEST(RecoveryTable, What_is_being_undone_never_goes_forward) {
  EXPECT_EQ(transaction::decide_recovery(TransactionState::kUndoing, "uninstall", true, false),
            transaction::RecoveryDecision::kUndo);
}

TEST(RecoveryTable, An_unknown_state_is_undone) {
  EXPECT_EQ(transaction::decide_recovery(std::nullopt, "uninstall", true, false),
            transaction::RecoveryDecision::kUndo);
}

TEST(RecoveryTable, Reboot_needed_waits_for_another_boot) {
  EXPECT_EQ(transaction::decide_recovery(TransactionState::kRebootNeeded, "disable", false, false),
            transaction::RecoveryDecision::kWaitForBoot);
  EXPECT_EQ(transaction::decide_recovery(TransactionState::kRebootNeeded, "disable", false, true),
            transaction::RecoveryDecision::kUndo);
}

}  // namespace
}  // namespace engine
