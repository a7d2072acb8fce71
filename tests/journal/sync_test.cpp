#include <gtest/gtest.h>

#include "journal/reader.h"
#include "tests/lab/vfs_layer.h"
#include "tests/journal/scratch.h"

namespace journal {
namespace {

using errors::ExitCode;

TEST(Sync, N_steps_are_N_plus_1_commits_and_N_plus_2_syncs_of_a_fresh_wal) {
  for (const int steps : {1, 2, 5, 12}) {
    const Scratch scratch;
    const lab::VfsLayer vfs;
    int before = 0;
    int after = 0;
    auto journal = Journal::open(options_for(scratch.journal(), [&](CommitPhase phase) {
      ++(phase == CommitPhase::kBefore ? before : after);
    }));
    EXPECT_EQ(before, 1) << "the whole schema is one commit";
    ASSERT_TRUE(journal->checkpoint());
    before = after = 0;
    lab::VfsLayer::plan() = {};

    run_transaction(*journal, steps);

    EXPECT_EQ(before, steps + 1);
    EXPECT_EQ(after, steps + 1);
    EXPECT_EQ(lab::VfsLayer::plan().wal_syncs, steps + 2) << "one more for the header of the WAL";
    EXPECT_EQ(lab::VfsLayer::plan().database_syncs, 0) << "the database waits for the checkpoint";
  }
}

TEST(Sync, Opening_an_existing_journal_and_pruning_nothing_syncs_nothing) {
  const Scratch scratch;
  run_transaction(*open_at(scratch.journal()), 2);
  const lab::VfsLayer vfs;
  auto journal = open_at(scratch.journal());
  EXPECT_EQ(journal->prune(), 0);
  EXPECT_TRUE(journal->unfinished().empty());
  EXPECT_EQ(lab::VfsLayer::plan().wal_syncs + lab::VfsLayer::plan().database_syncs, 0);
}

// Every commit of a transaction fails once: in its n-th sync or its n-th write. The next open reads
// a state between two commits, and this program can go on from it.
struct Fault {
  const char* name;
  int lab::VfsLayer::Plan::*countdown;
  int write_error;
  ExitCode code;
};

class FailingDisk : public testing::TestWithParam<Fault> {};

TEST_P(FailingDisk, Fails_the_commit_and_the_next_open_reads_a_consistent_state) {
  const Fault& fault = GetParam();
  int failed = 0;
  for (int nth = 1; nth <= 40; ++nth) {
    const Scratch scratch;
    const lab::VfsLayer vfs;
    lab::VfsLayer::plan().skip_syncs = true;
    auto journal = open_at(scratch.journal());
    ASSERT_TRUE(journal->checkpoint());
    lab::VfsLayer::plan().*fault.countdown = nth;
    lab::VfsLayer::plan().write_error = fault.write_error;
    int finished = 0;
    const ExitCode code = code_of([&] {
      const std::int64_t id = begin(*journal, 3);
      ++finished;
      for (int done = 1; done < 3; ++done, ++finished)
        next(*journal, id, done);
      settle(*journal, id, 3);
      ++finished;
    });
    lab::VfsLayer::plan() = {};
    lab::VfsLayer::plan().skip_syncs = true;
    if (code == ExitCode::kSuccess) break;
    ++failed;
    EXPECT_EQ(code, fault.code);
    EXPECT_EQ(code_of([&] { journal->unfinished(); }), ExitCode::kJournalUnusable)
        << "the handle is not used again";
    EXPECT_EQ(code_of([&] { const Commit commit(*journal); }), ExitCode::kJournalUnusable);
    journal.reset();

    journal = open_at(scratch.journal());
    EXPECT_EQ(journal->was_set_aside(), "");
    const std::vector<Transaction> unfinished = journal->unfinished();
    // The commit whose sync failed may be there or not; those before it are, those after it not.
    int found = unfinished.empty() ? (journal->open_operation() ? -1 : 0) : 1;
    if (found == 0 && journal->next_transaction_id() == 2) found = 4;
    if (found == 1) {
      for (const Step& step : journal->steps(unfinished.front().id)) {
        found += step.state == StepState::kDone ? 1 : 0;
      }
    }
    EXPECT_TRUE(found == finished || found == finished + 1)
        << found << " of " << finished << " commits found, fault " << nth;
  }
  EXPECT_GE(failed, 4) << "each of the four commits failed at least once";
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FailingDisk,
    testing::Values(Fault{"sync", &lab::VfsLayer::Plan::fail_wal_sync, 0, ExitCode::kJournalUnusable},
                    Fault{"full", &lab::VfsLayer::Plan::fail_wal_write, SQLITE_FULL,
                          ExitCode::kDiskFull},
                    Fault{"write", &lab::VfsLayer::Plan::fail_wal_write, SQLITE_IOERR_WRITE,
                          ExitCode::kJournalUnusable}),
    [](const testing::TestParamInfo<Fault>& param) { return std::string(param.param.name); });

TEST(Sync, A_full_disk_while_the_journal_is_made_is_disk_full) {
  for (int nth = 1; nth <= 12; ++nth) {
    for (int lab::VfsLayer::Plan::*countdown :
         {&lab::VfsLayer::Plan::fail_wal_write, &lab::VfsLayer::Plan::fail_database_write}) {
      const Scratch scratch;
      const lab::VfsLayer vfs;
      lab::VfsLayer::plan().*countdown = nth;
      lab::VfsLayer::plan().skip_syncs = true;
      const ExitCode code = code_of([&] { open_at(scratch.journal()); });
      lab::VfsLayer::plan() = {};
      EXPECT_TRUE(code == ExitCode::kSuccess || code == ExitCode::kDiskFull);
      EXPECT_NO_THROW(run_transaction(*open_at(scratch.journal()), 1)) << "once there is space";
      EXPECT_EQ(scratch.names().size(), 1U) << "nothing was set aside";
    }
  }
}

TEST(Sync, A_checkpoint_that_fails_leaves_all_in_the_wal) {
  const Scratch scratch;
  const lab::VfsLayer vfs;
  auto journal = open_at(scratch.journal());
  ASSERT_TRUE(journal->checkpoint());
  run_transaction(*journal, 2);
  lab::VfsLayer::plan().fail_database_write = 1;
  EXPECT_FALSE(journal->checkpoint());
  EXPECT_EQ(code_of([&] { journal->owned(); }), ExitCode::kJournalUnusable);
  journal.reset();
  lab::VfsLayer::plan() = {};
  EXPECT_EQ(open_at(scratch.journal())->transaction(1).state, TransactionState::kCommitted);
}

TEST(Sync, A_file_system_without_shared_memory_is_refused) {
  const Scratch scratch;
  const lab::VfsLayer vfs;
  lab::VfsLayer::plan().without_shared_memory = true;
  std::string message;
  EXPECT_EQ(code_of([&] { open_at(scratch.journal()); }, &message), ExitCode::kJournalUnusable);
  EXPECT_NE(message.find("journal_mode"), std::string::npos) << message;
}

}  // namespace
}  // namespace journal
