#include <gtest/gtest.h>

#include "tests/lab/vfs_layer.h"
#include "tests/journal/scratch.h"

namespace journal {
namespace {

// Many settled transactions in one commit, ids 1 .. count.
void fill(Journal& journal, int count, std::size_t image_bytes = 0) {
  Commit commit(journal);
  for (int i = 0; i < count; ++i) {
    const std::int64_t operation = commit.open_operation({.kind = "install"});
    const std::int64_t id = commit.begin_transaction(transaction_of(operation, "install"));
    commit.add_step(id, step_at(1));
    commit.step_armed(id, 1, {{"image", std::string(image_bytes, 'x')}});
    commit.step_done(id, 1, nullptr);
    commit.event(id, Level::kInfo, "event");
    commit.end_transaction(id, {});
    commit.end_operation(operation, OperationState::kSettled);
  }
  commit.finish();
}

std::int64_t count(const std::string& path, const std::string& table) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  return database.execAndGet("SELECT count(*) FROM " + table).getInt64();
}

TEST(Prune, Keeps_the_newest_500_transactions) {
  const lab::VfsLayer vfs;
  lab::VfsLayer::plan().skip_syncs = true;
  const Scratch scratch;
  int commits = 0;
  auto journal = Journal::open(options_for(scratch.journal(), [&](CommitPhase) { ++commits; }));
  fill(*journal, 500);
  commits = 0;
  EXPECT_EQ(journal->prune(), 0);
  EXPECT_EQ(commits, 0) << "nothing to delete, nothing to commit";
  fill(*journal, 7);
  commits = 0;
  EXPECT_EQ(journal->prune(), 7);
  EXPECT_EQ(commits, 2) << "one commit";
  EXPECT_EQ(count(scratch.journal(), "txn"), 500);
  EXPECT_EQ(count(scratch.journal(), "step"), 500);
  EXPECT_EQ(count(scratch.journal(), "event"), 500);
  EXPECT_EQ(count(scratch.journal(), "operation"), 500);
  EXPECT_NO_THROW(journal->transaction(8));
  EXPECT_NE(code_of([&] { journal->transaction(7); }), errors::ExitCode::kSuccess);
  EXPECT_EQ(journal->next_transaction_id(), 508) << "ids are not used again";
}

TEST(Prune, Forgets_what_is_older_than_400_days_but_the_last_settled_operation) {
  const Scratch scratch;
  std::int64_t now = kNow;
  OpenOptions options = options_for(scratch.journal());
  options.utc_ms = [&] { return now; };
  auto journal = Journal::open(options);
  fill(*journal, 3);
  {
    Commit commit(*journal);
    commit.event(0, Level::kInfo, "loose");
    commit.finish();
  }
  begin(*journal, 1, "update");
  const std::int64_t day = std::int64_t{24} * 3600 * 1000;
  now += 400 * day;
  EXPECT_EQ(journal->prune(), 0);
  now += day;
  EXPECT_EQ(journal->prune(), 2);
  EXPECT_NO_THROW(journal->transaction(3)) << "of the last settled operation";
  EXPECT_EQ(journal->unfinished().size(), 1U) << "open";
  EXPECT_EQ(journal->prune(), 0);
  EXPECT_EQ(count(scratch.journal(), "event WHERE txn_id IS NULL"), 0);
}

TEST(Prune, Keeps_committed_transactions_of_an_operation_that_is_open) {
  const Scratch scratch;
  std::int64_t now = kNow;
  OpenOptions options = options_for(scratch.journal());
  options.utc_ms = [&] { return now; };
  auto journal = Journal::open(options);
  begin(*journal, 0, "update");
  {
    Commit commit(*journal);
    commit.end_transaction(1, {});
    commit.finish();
  }
  now += std::int64_t{500} * 24 * 3600 * 1000;
  EXPECT_EQ(journal->prune(), 0);
  EXPECT_NO_THROW(journal->transaction(1));
}

TEST(Prune, Keeps_the_journal_under_16_MiB) {
  const lab::VfsLayer vfs;
  lab::VfsLayer::plan().skip_syncs = true;
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  fill(*journal, 20, 1024 * 1024);
  EXPECT_GE(journal->prune(), 4);
  EXPECT_TRUE(journal->checkpoint());
  const auto size = std::filesystem::file_size(scratch.journal());
  fill(*journal, 3, 1024 * 1024);
  EXPECT_GE(journal->prune(), 3);
  EXPECT_TRUE(journal->checkpoint());
  EXPECT_LE(std::filesystem::file_size(scratch.journal()), size + 4096 * 100U)
      << "the space is used again";
  journal.reset();
  // Large, closed in order and settled: checked in part; under way: whole.
  EXPECT_EQ(open_at(scratch.journal())->was_set_aside(), "");
  begin(*open_at(scratch.journal()), 1);
  EXPECT_EQ(open_at(scratch.journal())->unfinished().size(), 1U);
}

}  // namespace
}  // namespace journal
