#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "journal/reader.h"
#include "tests/journal/scratch.h"

namespace journal {
namespace {

using errors::ExitCode;
using testing::HasSubstr;

TEST(Open, A_new_journal_says_what_made_it) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  EXPECT_EQ(journal->was_set_aside(), "");
  EXPECT_EQ(journal->meta("schema"), std::to_string(kSchemaVersion));
  EXPECT_EQ(journal->meta("min_program"), "1");
  EXPECT_EQ(journal->meta("machine_id"), "machine-a");
  EXPECT_EQ(journal->meta("created"), "2026-11-22T10:18:00.123Z");
  EXPECT_TRUE(journal->events_after(0).empty());
  EXPECT_TRUE(journal->checkpoint());
  journal.reset();
  EXPECT_EQ(scratch.names(), std::set<std::string>{"journal.db"}) << "single at rest";
  const SQLite::Database database(scratch.journal(), SQLite::OPEN_READONLY);
  SQLite::Statement pragmas(database,
                            "SELECT * FROM pragma_application_id, pragma_user_version,"
                            " pragma_journal_mode");
  ASSERT_TRUE(pragmas.executeStep());
  EXPECT_EQ(pragmas.getColumn(0).getInt(), kApplicationId);
  EXPECT_EQ(pragmas.getColumn(1).getInt(), kSchemaVersion);
  EXPECT_EQ(pragmas.getColumn(2).getString(), "wal");
}

TEST(Open, A_journal_in_another_mode_is_taken_back_to_wal) {
  const Scratch scratch;
  run_transaction(*open_at(scratch.journal()), 1);
  write_raw(scratch.journal(), "PRAGMA journal_mode = DELETE");
  run_transaction(*open_at(scratch.journal()), 1);
  const SQLite::Database database(scratch.journal(), SQLite::OPEN_READONLY);
  SQLite::Statement mode(database, "PRAGMA journal_mode");
  ASSERT_TRUE(mode.executeStep());
  EXPECT_EQ(mode.getColumn(0).getString(), "wal");
}

TEST(Open, A_cloned_machine_is_noticed_until_it_is_accepted) {
  const Scratch scratch;
  EXPECT_FALSE(open_at(scratch.journal())->from_another_machine());
  OpenOptions options = options_for(scratch.journal());
  options.machine_id = "machine-b";
  auto journal = Journal::open(options);
  EXPECT_TRUE(journal->from_another_machine());
  Commit commit(*journal);
  commit.put_meta("machine_id", "machine-b");
  commit.finish();
  EXPECT_FALSE(journal->from_another_machine());
}

TEST(Open, A_journal_too_new_is_refused_and_not_touched) {
  for (const bool with_wal : {false, true}) {
    const Scratch scratch;
    run_transaction(*open_at(scratch.journal()), 1);
    write_raw(scratch.journal(), "UPDATE meta SET value = '9' WHERE key = 'min_program'");
    if (with_wal) {  // as a newer program that was killed leaves it
      SQLite::Database newer(scratch.journal(), SQLite::OPEN_READWRITE);
      newer.exec("PRAGMA trusted_schema = ON");
      newer.exec("UPDATE meta SET value = '10' WHERE key = 'min_program'");
      std::filesystem::copy_file(scratch.journal(), scratch.path("copy.db"));
      std::filesystem::copy_file(scratch.journal() + "-wal", scratch.path("copy.db-wal"));
    } else {
      std::filesystem::copy_file(scratch.journal(), scratch.path("copy.db"));
    }
    const std::set<std::string> names = scratch.names();
    const std::string database = read_bytes(scratch.path("copy.db"));
    const std::string wal = read_bytes(scratch.path("copy.db-wal"));
    std::string message;
    EXPECT_EQ(code_of([&] { open_at(scratch.path("copy.db")); }, &message),
              ExitCode::kJournalTooNew);
    EXPECT_NE(message.find(with_wal ? "schema 10" : "schema 9"), std::string::npos) << message;
    EXPECT_EQ(code_of([&] { const Reader reader(scratch.path("copy.db")); }),
              ExitCode::kJournalTooNew);
    EXPECT_EQ(scratch.names(), names);
    EXPECT_EQ(read_bytes(scratch.path("copy.db")), database);
    EXPECT_EQ(read_bytes(scratch.path("copy.db-wal")), wal);
  }
}

TEST(Open, A_newer_schema_that_lets_us_write_is_written) {
  const Scratch scratch;
  run_transaction(*open_at(scratch.journal()), 1);
  write_raw(scratch.journal(),
            "ALTER TABLE txn ADD COLUMN novelty TEXT; CREATE TABLE more (a INTEGER) STRICT;"
            " PRAGMA user_version = 9; UPDATE meta SET value = '9' WHERE key = 'schema'");
  auto journal = open_at(scratch.journal());
  EXPECT_EQ(journal->was_set_aside(), "");
  EXPECT_EQ(run_transaction(*journal, 1), 2);
  EXPECT_EQ(journal->meta("schema"), "9") << "not taken back";
}

// A journal as a program of schema 1 left it, with an open transaction.
void leave_journal_of_schema_1(const Scratch& scratch) {
  SQLite::Database database(scratch.journal(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("PRAGMA trusted_schema = ON");
  database.exec(read_bytes(EBPF_TEST_SOURCE "/journal/schema/0001_initial.sql"));
  database.exec("PRAGMA user_version = 1");
  database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  database.exec(
      "INSERT INTO meta (key, value) VALUES ('schema', '1'), ('min_program', '1'),"
      " ('machine_id', 'machine-1');"
      " INSERT INTO operation (kind, opened_at) VALUES ('install', '2026-11-22T10:18:00.123Z');"
      " INSERT INTO txn (operation_id, command, program_version, machine_id, boot_id, process_id,"
      " started_at) VALUES (1, 'install', '0.9.1.1', 'machine-1', 'boot-1', 7,"
      " '2026-11-22T10:18:00.123Z')");
}

TEST(Open, A_journal_of_schema_1_is_read_and_brought_up_to_date) {
  const Scratch scratch;
  leave_journal_of_schema_1(scratch);
  {
    const Reader copy(scratch.journal());
    EXPECT_EQ(copy.transaction(1).command, "install");
    EXPECT_TRUE(copy.transaction(1).installation_change.is_null());
    EXPECT_EQ(copy.meta("schema"), "1") << "a reader writes nothing";
  }
  auto journal = open_at(scratch.journal());
  EXPECT_EQ(journal->was_set_aside(), "");
  EXPECT_EQ(journal->meta("schema"), std::to_string(kSchemaVersion));
  EXPECT_EQ(journal->meta("min_program"), "1") << "a program of schema 1 may still write it";
  ASSERT_EQ(journal->unfinished().size(), 1U);
  EXPECT_TRUE(journal->unfinished()[0].installation_change.is_null());
}

// What a program of schema 1 writes into a journal that a newer one has brought up to date.
TEST(Open, A_transaction_that_a_program_of_schema_1_begins_has_no_installation_change) {
  const Scratch scratch;
  open_at(scratch.journal());
  write_raw(scratch.journal(),
            "INSERT INTO txn (command, program_version, machine_id, boot_id, process_id,"
            " started_at) VALUES ('disable', '0.9.1.1', 'machine-1', 'boot-1', 7,"
            " '2026-11-22T10:18:00.123Z')");
  const auto journal = open_at(scratch.journal());
  EXPECT_TRUE(journal->transaction(1).installation_change.is_null());
}

TEST(Open, What_a_transaction_will_change_is_kept_as_it_was_written) {
  const Scratch scratch;
  const Json change{{"forget_all_owned", true}};
  auto journal = open_at(scratch.journal());
  Transaction transaction;
  transaction.command = "uninstall";
  transaction.boot_id = "boot-1";
  transaction.installation_change = change;
  {
    Commit commit(*journal);
    ASSERT_EQ(commit.begin_transaction(transaction), 1);
    commit.finish();
  }
  EXPECT_EQ(journal->transaction(1).installation_change, change);
  journal.reset();
  EXPECT_ANY_THROW(write_raw(scratch.journal(), "UPDATE txn SET installation_change = '{}'"));
  EXPECT_ANY_THROW(write_raw(scratch.journal(), "UPDATE txn SET installation_change = NULL"));
}

TEST(Open, States_of_a_newer_program_are_unknown_and_count_as_unfinished) {
  const Scratch scratch;
  begin(*open_at(scratch.journal()), 1);
  write_raw(scratch.journal(),
            "DROP TRIGGER txn_transition; DROP TRIGGER step_transition;"
            " DROP TRIGGER operation_transition; DROP TRIGGER event_is_fixed;"
            " UPDATE txn SET state = 'paused', ended_at = started_at;"
            " UPDATE step SET state = 'half'; UPDATE operation SET state = 'waiting',"
            " settled_at = opened_at;"
            " INSERT INTO event (at, level, text) VALUES ('2026-11-22T10:18:00.123Z', 'loud', 'x');"
            // As the newer schema file would: its CHECKs know the words.
            " PRAGMA user_version = 9; PRAGMA writable_schema = ON;"
            " UPDATE sqlite_master SET sql = replace(sql, '''open'', ''undoing''',"
            " '''open'', ''paused'', ''waiting'', ''undoing''');"
            " UPDATE sqlite_master SET sql = replace(sql, '''planned'', ''armed''',"
            " '''planned'', ''half'', ''armed''');"
            " UPDATE sqlite_master SET sql = replace(sql, '''info'', ''warning''',"
            " '''info'', ''loud'', ''warning''');"
            " PRAGMA writable_schema = OFF");
  write_raw(scratch.journal(), "REINDEX");
  auto journal = open_at(scratch.journal());
  EXPECT_EQ(journal->was_set_aside(), "");
  ASSERT_EQ(journal->unfinished().size(), 1U);
  EXPECT_EQ(journal->unfinished()[0].state, std::nullopt);
  EXPECT_EQ(outcome(journal->unfinished()[0]), "open");
  ASSERT_TRUE(journal->open_operation());
  EXPECT_EQ(journal->open_operation()->state, std::nullopt);
  EXPECT_EQ(journal->steps(1)[0].state, std::nullopt);
  EXPECT_EQ(journal->events_after(0)[0].level, Level::kWarning);
}

TEST(Open, A_read_only_attribute_is_taken_away_with_a_note) {
  const Scratch scratch;
  run_transaction(*open_at(scratch.journal()), 1);
  ASSERT_EQ(::chmod(scratch.journal().c_str(), 0444), 0);
  auto journal = open_at(scratch.journal());
  ASSERT_EQ(journal->notes().size(), 1U);
  EXPECT_NE(journal->notes()[0].find("read-only"), std::string::npos);
  EXPECT_EQ(journal->meta(kTakeOver), std::nullopt) << "nothing was lost";
  EXPECT_EQ(run_transaction(*journal, 1), 2);
}

TEST(Open, A_read_only_folder_is_unusable_and_named) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("folder"));
  ASSERT_EQ(::chmod(scratch.path("folder").c_str(), 0555), 0);
  std::string message;
  EXPECT_EQ(code_of([&] { open_at(scratch.path("folder/journal.db")); }, &message),
            ExitCode::kJournalUnusable);
  EXPECT_NE(message.find(scratch.path("folder")), std::string::npos) << message;
  EXPECT_EQ(code_of([&] { open_at(scratch.path("missing/journal.db")); }),
            ExitCode::kJournalUnusable);
}

TEST(Open, What_is_not_a_file_is_set_aside) {
  for (const std::string kind : {"folder", "fifo", "link"}) {
    const Scratch scratch;
    if (kind == "folder") std::filesystem::create_directory(scratch.journal());
    if (kind == "fifo") {
      ASSERT_EQ(::mkfifo(scratch.journal().c_str(), 0600), 0);
    }
    if (kind == "link") std::filesystem::create_symlink(scratch.path("to"), scratch.journal());
    auto journal = open_at(scratch.journal());
    EXPECT_EQ(journal->was_set_aside(), scratch.journal() + ".damaged-2026-11-22T101800.123Z");
    ASSERT_EQ(journal->events_after(0).size(), 1U);
    EXPECT_EQ(journal->events_after(0)[0].level, Level::kWarning);
    EXPECT_THAT(journal->events_after(0)[0].text, HasSubstr(journal->was_set_aside()));
    EXPECT_FALSE(std::filesystem::exists(scratch.path("to")));
    run_transaction(*journal, 1);
  }
}

TEST(Open, Names_of_what_was_set_aside_do_not_collide) {
  const Scratch scratch;
  for (const char* expected : {"", "-2", "-3"}) {
    write_bytes(scratch.journal(), "garbage");
    EXPECT_EQ(open_at(scratch.journal())->was_set_aside(),
              scratch.journal() + ".damaged-2026-11-22T101800.123Z" + expected);
  }
}

TEST(Open, A_database_of_another_program_is_set_aside) {
  const Scratch scratch;
  write_raw(scratch.journal(), "CREATE TABLE other (a)");
  EXPECT_NE(open_at(scratch.journal())->was_set_aside(), "");
  write_raw(scratch.path("ours.db"), "PRAGMA application_id = 1161973830; CREATE TABLE other (a)");
  EXPECT_NE(open_at(scratch.path("ours.db"))->was_set_aside(), "");
}

TEST(Open, An_empty_file_is_a_new_journal_and_says_so) {
  const Scratch scratch;
  write_bytes(scratch.journal(), "");
  auto journal = open_at(scratch.journal());
  EXPECT_EQ(journal->was_set_aside(), "");
  ASSERT_EQ(journal->events_after(0).size(), 1U);
  EXPECT_EQ(journal->meta("schema"), std::to_string(kSchemaVersion));
}

}  // namespace
}  // namespace journal
