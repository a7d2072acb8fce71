#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "journal/reader.h"
#include "tests/journal/scratch.h"

namespace journal {
namespace {

using errors::ExitCode;
using testing::HasSubstr;

// Private copies lie in the temporary folder: here in one of the test's own, which must end empty.
class ReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(scratch_.path("tmp"));
    std::filesystem::create_directory(scratch_.path("elsewhere"));
    ::setenv("TMPDIR", scratch_.path("tmp").c_str(), 1);
  }
  void TearDown() override {
    EXPECT_TRUE(std::filesystem::is_empty(scratch_.path("tmp")));
    ::unsetenv("TMPDIR");
  }

  std::string copy() const { return scratch_.path("elsewhere/a #1%20?.db"); }

  Scratch scratch_;
};

TEST_F(ReaderTest, Reads_all_that_was_written) {
  {
    auto journal = open_at(scratch_.journal());
    run_transaction(*journal, 2);
    run_transaction(*journal, 1, "enable");
    Commit commit(*journal);
    commit.event(1, Level::kInfo, "one");
    commit.event(0, Level::kInfo, "none");
    commit.put_owned({"service", "EbpfCore", "", "", 0, "0.10.0"});
    commit.finish();
  }
  Reader reader(scratch_.journal());
  ASSERT_EQ(reader.transactions().size(), 2U);
  EXPECT_EQ(reader.transactions()[1].command, "enable");
  EXPECT_EQ(reader.find_transaction(1).value().command, "install");
  EXPECT_EQ(reader.find_transaction(3), std::nullopt);
  EXPECT_EQ(reader.steps(1).size(), 2U);
  EXPECT_EQ(reader.events(1).size(), 1U);
  EXPECT_EQ(reader.events(0).size(), 1U);
  EXPECT_EQ(reader.find_operation(1).value().kind, "install");
  EXPECT_EQ(reader.find_operation(9), std::nullopt);
  EXPECT_EQ(reader.owned().size(), 1U);
  EXPECT_EQ(reader.meta("schema"), std::to_string(kSchemaVersion));
}

TEST_F(ReaderTest, A_copy_in_a_read_only_folder_is_read_and_nothing_is_left_beside_it) {
  run_transaction(*open_at(scratch_.journal()), 2);
  std::filesystem::copy_file(scratch_.journal(), copy());
  ASSERT_EQ(::chmod(copy().c_str(), 0444), 0);
  ASSERT_EQ(::chmod(scratch_.path("elsewhere").c_str(), 0555), 0);
  {
    Reader reader(copy());
    EXPECT_EQ(reader.transactions().size(), 1U);
  }
  ASSERT_EQ(::chmod(scratch_.path("elsewhere").c_str(), 0755), 0);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch_.path("elsewhere")), {}), 1);
}

TEST_F(ReaderTest, A_copy_with_its_wal_is_read_to_the_last_commit_and_not_changed) {
  auto journal = open_at(scratch_.journal());
  ASSERT_TRUE(journal->checkpoint());
  begin(*journal, 3);
  next(*journal, 1, 1);
  std::filesystem::copy_file(scratch_.journal(), copy());
  std::filesystem::copy_file(scratch_.journal() + "-wal", copy() + "-wal");
  ASSERT_EQ(::chmod(copy().c_str(), 0444), 0);
  ASSERT_EQ(::chmod((copy() + "-wal").c_str(), 0444), 0);
  const std::string wal = read_bytes(copy() + "-wal");
  {
    Reader reader(copy());
    ASSERT_EQ(reader.transactions().size(), 1U);
    EXPECT_EQ(reader.steps(1)[0].state, StepState::kDone);
    EXPECT_EQ(reader.steps(1)[1].state, StepState::kArmed);
    EXPECT_TRUE(reader.warnings().empty());
  }
  EXPECT_EQ(read_bytes(copy() + "-wal"), wal);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch_.path("elsewhere")), {}), 2);
}

// Made, and never written to: it has no tables.
TEST_F(ReaderTest, Of_an_empty_journal_nothing_is_found_and_what_must_be_there_is_a_failure) {
  write_raw(scratch_.journal(), "PRAGMA journal_mode = WAL");
  const Reader reader(scratch_.journal());
  EXPECT_TRUE(reader.transactions().empty());
  EXPECT_TRUE(reader.steps(1).empty());
  EXPECT_TRUE(reader.events(0).empty());
  EXPECT_TRUE(reader.owned().empty());
  EXPECT_EQ(reader.meta("schema"), std::nullopt);
  EXPECT_EQ(reader.find_operation(1), std::nullopt);
  try {
    static_cast<void>(reader.transaction(1));
    FAIL() << "found";
  } catch (const errors::Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::kJournalUnusable);
  }
}

TEST_F(ReaderTest, An_open_transaction_without_a_wal_is_a_warning) {
  auto journal = open_at(scratch_.journal());
  begin(*journal, 3);
  ASSERT_TRUE(journal->checkpoint());
  next(*journal, 1, 1);
  std::filesystem::copy_file(scratch_.journal(), copy());
  Reader reader(copy());
  ASSERT_EQ(reader.warnings().size(), 1U);
  EXPECT_THAT(reader.warnings()[0], HasSubstr("last commits may be missing"));
  EXPECT_EQ(reader.steps(1)[0].state, StepState::kArmed);
}

// A killed process leaves its commits in the WAL alone: nothing in the file tells of them.
TEST_F(ReaderTest, A_copy_without_a_wal_is_said_to_be_perhaps_not_all) {
  run_transaction(*open_at(scratch_.journal()), 1);
  auto journal = open_at(scratch_.journal());
  begin(*journal, 3);
  std::filesystem::copy_file(scratch_.journal(), copy());
  Reader reader(copy());
  EXPECT_EQ(reader.transactions().size(), 1U) << "the second is in the WAL";
  ASSERT_EQ(reader.warnings().size(), 1U);
  EXPECT_THAT(reader.warnings()[0], HasSubstr("what happened last is missing"));
}

TEST_F(ReaderTest, An_open_transaction_where_the_journal_lives_is_no_warning) {
  auto journal = open_at(scratch_.journal());
  begin(*journal, 3);
  ASSERT_TRUE(journal->checkpoint());
  EXPECT_FALSE(Reader(scratch_.journal()).warnings().empty()) << "of a copy it would be one";
  EXPECT_TRUE(Reader(scratch_.journal(), Reader::Place::kWhereItLives).warnings().empty());
}

TEST_F(ReaderTest, A_live_journal_is_read_beside_its_writer_commit_by_commit) {
  auto journal = open_at(scratch_.journal());
  for (int expected = 1; expected <= 4; ++expected) {
    run_transaction(*journal, 1);
    if (expected == 3) {
      EXPECT_TRUE(journal->checkpoint());
    }
    Reader reader(scratch_.journal(), Reader::Place::kWhereItLives);
    EXPECT_EQ(reader.transactions().size(), static_cast<std::size_t>(expected));
    EXPECT_TRUE(reader.warnings().empty());
  }
}

TEST_F(ReaderTest, A_reader_does_not_hold_the_writer_up) {
  auto journal = open_at(scratch_.journal());
  run_transaction(*journal, 1);
  Reader reader(scratch_.journal());
  run_transaction(*journal, 1);
  EXPECT_TRUE(journal->checkpoint());
  EXPECT_EQ(reader.transactions().size(), 1U) << "as of its opening";
}

TEST_F(ReaderTest, Somebody_in_the_middle_of_a_query_keeps_the_checkpoint_from_finishing) {
  auto journal = open_at(scratch_.journal());
  run_transaction(*journal, 1);
  {
    SQLite::Database shell(scratch_.journal(), SQLite::OPEN_READONLY);
    shell.exec("PRAGMA trusted_schema = ON");
    SQLite::Statement query(shell, "SELECT * FROM step");
    ASSERT_TRUE(query.executeStep());
    EXPECT_FALSE(journal->checkpoint());
    run_transaction(*journal, 1);
  }
  EXPECT_TRUE(journal->checkpoint());
}

TEST_F(ReaderTest, What_is_not_a_journal_is_unusable_and_named) {
  std::filesystem::create_directory(scratch_.path("folder"));
  write_bytes(scratch_.path("empty"), "");
  write_bytes(scratch_.path("garbage"), std::string(5000, 'x'));
  write_raw(scratch_.path("other"), "CREATE TABLE other (a)");
  write_raw(scratch_.path("no-tables"), "PRAGMA application_id = 1161973830");
  for (const char* name : {"missing", "folder", "empty", "garbage", "other", "no-tables"}) {
    std::string message;
    EXPECT_EQ(code_of([&] { const Reader reader(scratch_.path(name)); }, &message),
              ExitCode::kJournalUnusable)
        << name;
    EXPECT_THAT(message, HasSubstr(scratch_.path(name)));
  }
}

TEST_F(ReaderTest, Without_a_temporary_folder_a_copy_with_a_wal_is_not_read) {
  auto journal = open_at(scratch_.journal());
  begin(*journal, 1);
  ::setenv("TMPDIR", scratch_.path("missing").c_str(), 1);
  EXPECT_EQ(code_of([&] { const Reader reader(scratch_.journal()); }), ExitCode::kJournalUnusable);
}

}  // namespace
}  // namespace journal
