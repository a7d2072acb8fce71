// Every pair of states of every table, against the table in journal/schema/0001_initial.sql.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "tests/journal/scratch.h"
#include "tests/lab/vfs_layer.h"

namespace journal {
namespace {

using Names = std::vector<std::string>;
using Table = std::map<std::string, Names>;

const Table kOperation{
    {"open", {"undoing", "settled", "undone", "reboot-needed", "inconsistent"}},
    {"undoing", {"undone", "reboot-needed", "inconsistent"}},
    {"settled", {}},
    {"undone", {}},
    {"reboot-needed", {"open", "undoing", "settled", "undone", "inconsistent", "reboot-needed"}},
    {"inconsistent", {"undoing", "settled", "undone", "reboot-needed"}}};

const Table kTransaction{
    {"open", {"undoing", "committed", "undone", "refused", "reboot-needed", "inconsistent"}},
    {"undoing", {"undoing", "undone", "reboot-needed", "inconsistent"}},
    {"committed", {"undoing"}},  // its operation is undoing in this test
    {"undone", {}},
    {"refused", {}},
    {"reboot-needed", {"undoing", "committed", "undone", "inconsistent"}},
    {"inconsistent", {"undoing", "committed", "undone", "reboot-needed"}}};

const Table kStep{
    {"planned", {"armed", "failed"}},      {"armed", {"done", "failed", "undone", "undo-failed"}},
    {"done", {"undone", "undo-failed"}},   {"failed", {"undone", "undo-failed"}},
    {"undone", {"undone", "undo-failed"}}, {"undo-failed", {"undone", "undo-failed", "failed"}}};

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What the API does to bring a row to a state; "" would be a state without a call.
void move_operation(Commit& commit, const std::string& to) {
  commit.end_operation(1, operation_state_from(to).value());
}

void move_transaction(Commit& commit, const std::string& to) {
  if (to == "undoing") {
    commit.begin_undo(1, {{"message", "cause"}}, "boot-2");
  } else {
    commit.end_transaction(1, {.state = transaction_state_from(to).value()});
  }
}

// There is no call for "planned".
void move_step(Commit& commit, const std::string& to) {
  if (to == "armed") commit.step_armed(1, 1, {{"before", 1}});
  if (to == "done") commit.step_done(1, 1, {{"after", 1}});
  if (to == "failed") commit.step_failed(1, 1, {{"message", "failed"}}, nullptr);
  if (to == "undone") commit.step_undone(1, 1, "boot-1", {});
  if (to == "undo-failed") commit.step_undo_failed(1, 1, {{"message", "undo failed"}});
}

struct Case {
  const char* table;
  const Table& legal;
  void (*move)(Commit&, const std::string&);
  bool undo_is_one_way;  // from reboot-needed and inconsistent that came from undoing
};

// Shortest way from the first state; empty for the first state itself.
Names way_to(const Table& legal, const std::string& first, const std::string& goal) {
  std::vector<Names> ways{{first}};
  for (std::size_t i = 0; i < ways.size(); ++i) {
    if (ways[i].back() == goal) return {ways[i].begin() + 1, ways[i].end()};
    const Names way = ways[i];
    for (const std::string& next_state : legal.at(way.back())) {
      if (has(way, next_state)) continue;
      ways.push_back(way);
      ways.back().push_back(next_state);
    }
  }
  throw std::logic_error("no way to " + goal);
}

std::string state_in(Journal& journal, const std::string& table) {
  if (table == "operation") return std::string(to_text(journal.operation(1).state.value()));
  if (table == "txn") return std::string(to_text(journal.transaction(1).state.value()));
  return std::string(to_text(journal.steps(1).front().state.value()));
}

class Transitions : public testing::TestWithParam<Case> {};

TEST_P(Transitions, Legal_ones_are_accepted_and_all_others_refused) {
  const lab::VfsLayer vfs;
  lab::VfsLayer::plan().skip_syncs = true;
  const Case& test = GetParam();
  const std::string table = test.table;
  const std::string first = table == "step" ? "planned" : "open";
  int accepted = 0;
  int refused = 0;
  for (const auto& [from, targets] : test.legal) {
    const Scratch scratch;
    auto journal = open_at(scratch.journal());
    {
      Commit commit(*journal);
      commit.open_operation({.kind = "install"});
      commit.begin_transaction(transaction_of(1, "install"));
      commit.add_step(1, step_at(1));
      for (const std::string& state : way_to(test.legal, first, from))
        test.move(commit, state);
      if (table == "txn" && from == "committed") {
        commit.end_operation(1, OperationState::kUndoing);
      }
      commit.finish();
    }
    for (const auto& [to, unused] : test.legal) {
      SCOPED_TRACE(table + ": " + from + " -> " + to);
      ASSERT_EQ(state_in(*journal, table), from);
      Commit commit(*journal);
      std::string message;
      const errors::ExitCode code = code_of(
          [&, &target = to] {
            if (target == "planned") {  // no call for it: past the API
              throw errors::Failure(errors::ExitCode::kJournalUnusable, "", "plan again");
            }
            test.move(commit, target);
          },
          &message);
      if (has(targets, to)) {
        ++accepted;
        EXPECT_EQ(code, errors::ExitCode::kSuccess) << message;
        EXPECT_EQ(state_in(*journal, table), to);
      } else {
        ++refused;
        EXPECT_EQ(code, errors::ExitCode::kJournalUnusable);
      }
      // Not finished: rolled back to `from`.
    }
  }
  int legal = 0;
  for (const auto& [from, targets] : test.legal)
    legal += static_cast<int>(targets.size());
  EXPECT_EQ(accepted, legal);
  EXPECT_EQ(accepted + refused, static_cast<int>(test.legal.size() * test.legal.size()));
}

INSTANTIATE_TEST_SUITE_P(Tables, Transitions,
                         testing::Values(Case{"operation", kOperation, move_operation, true},
                                         Case{"txn", kTransaction, move_transaction, true},
                                         Case{"step", kStep, move_step, false}),
                         [](const testing::TestParamInfo<Case>& param) {
                           return std::string(param.param.table);
                         });

TEST(Transitions, What_has_begun_to_be_undone_is_never_committed) {
  for (const TransactionState stop :
       {TransactionState::kRebootNeeded, TransactionState::kInconsistent}) {
    const Scratch scratch;
    auto journal = open_at(scratch.journal());
    begin(*journal, 2);
    Commit commit(*journal);
    commit.begin_undo(1, nullptr, "boot-1");
    EXPECT_NE(code_of([&] { commit.step_done(1, 1, {}); }), errors::ExitCode::kSuccess);
    EXPECT_NE(code_of([&] { commit.step_armed(1, 2, {}); }), errors::ExitCode::kSuccess);
    commit.end_transaction(1, {.state = stop});
    EXPECT_NE(code_of([&] { commit.end_transaction(1, {}); }), errors::ExitCode::kSuccess);
    commit.end_operation(1, OperationState::kUndoing);
    commit.end_operation(1, OperationState::kRebootNeeded);
    EXPECT_NE(code_of([&] { commit.end_operation(1, OperationState::kSettled); }),
              errors::ExitCode::kSuccess);
    EXPECT_NE(code_of([&] { commit.end_operation(1, OperationState::kOpen); }),
              errors::ExitCode::kSuccess);
    commit.end_operation(1, OperationState::kUndone);
  }
}

TEST(Transitions, A_committed_transaction_is_undone_only_with_its_operation) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  begin(*journal, 0, "update");
  Commit commit(*journal);
  commit.end_transaction(1, {});
  EXPECT_NE(code_of([&] { commit.begin_undo(1, nullptr, "boot-1"); }), errors::ExitCode::kSuccess);
  commit.end_operation(1, OperationState::kUndoing);
  commit.begin_undo(1, nullptr, "boot-1");
}

TEST(Transitions, No_transaction_begins_in_an_operation_that_is_undoing_or_has_ended) {
  const std::array<std::pair<OperationState, bool>, 6> table{
      {{OperationState::kOpen, true},
       {OperationState::kUndoing, false},
       {OperationState::kSettled, false},
       {OperationState::kUndone, false},
       {OperationState::kRebootNeeded, true},
       {OperationState::kInconsistent, true}}};
  for (const auto& [state, allowed] : table) {
    const Scratch scratch;
    auto journal = open_at(scratch.journal());
    Commit commit(*journal);
    commit.open_operation({.kind = "update"});
    if (state != OperationState::kOpen) commit.end_operation(1, state);
    EXPECT_EQ(code_of([&] { commit.begin_transaction(transaction_of(1, "enable")); }) ==
                  errors::ExitCode::kSuccess,
              allowed)
        << to_text(state);
  }
}

TEST(Transitions, One_operation_and_one_open_transaction_at_a_time) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  begin(*journal, 1);
  Commit commit(*journal);
  EXPECT_NE(code_of([&] { commit.open_operation({.kind = "update"}); }),
            errors::ExitCode::kSuccess);
  EXPECT_NE(code_of([&] { commit.begin_transaction(transaction_of(1, "enable")); }),
            errors::ExitCode::kSuccess);
}

}  // namespace
}  // namespace journal
