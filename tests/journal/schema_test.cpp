// What the tables refuse from every writer, a shell included, and what the views show.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "journal/schema_sum.h"
#include "journal/sqlite.h"
#include "tests/journal/scratch.h"

namespace journal {
namespace {

// The answer to one statement on a journal with one settled and one open transaction; "" where it
// was accepted.
class Schema : public testing::Test {
 protected:
  void SetUp() override {
    auto journal = open_at(scratch_.journal());
    run_transaction(*journal, 2);
    begin(*journal, 2, "enable");
    Commit commit(*journal);
    commit.event(1, Level::kInfo, "an event");
    commit.step_error(2, 1, {{"message", "driver would not start"}});
    commit.begin_undo(2, {{"message", "the cause"}}, "boot-1");
    commit.step_undo_failed(2, 1, {{"message", "stuck"}});
    commit.finish();
  }

  std::string answer(const std::string& sql) const {
    try {
      SQLite::Database database(scratch_.journal(), SQLite::OPEN_READWRITE);
      database.exec("PRAGMA trusted_schema = ON");
      database.exec("BEGIN; " + sql + "; ROLLBACK");
      return "";
    } catch (const SQLite::Exception& error) {
      return error.what();
    }
  }

  Scratch scratch_;
};

TEST_F(Schema, Refuses_what_would_falsify_the_past) {
  for (const char* sql : {"UPDATE step SET before_image = '{}' WHERE txn_id = 1",
                          "UPDATE step SET after_image = '{}' WHERE txn_id = 1",
                          "UPDATE step SET armed_at = NULL WHERE txn_id = 1",
                          "UPDATE step SET parameters = '{}' WHERE txn_id = 1",
                          "UPDATE step SET vital = 0 WHERE txn_id = 1",
                          "UPDATE step SET kind = 'x'",
                          "UPDATE txn SET command = 'x'",
                          "UPDATE txn SET started_at = '2026-11-22T10:18:00.124Z'",
                          "UPDATE txn SET machine_id = 'x'",
                          "UPDATE txn SET sequence_number = 8",
                          "UPDATE txn SET work_folder = 'x'",
                          "UPDATE txn SET undo_boot_id = NULL WHERE id = 2",
                          "UPDATE operation SET kind = 'x'",
                          "UPDATE operation SET opened_at = '2026-11-22T10:18:00.124Z'",
                          "UPDATE event SET text = 'x'",
                          "DELETE FROM event",
                          "DELETE FROM step",
                          "DELETE FROM txn WHERE id = 2",
                          "DELETE FROM operation WHERE id = 2",
                          "UPDATE meta SET value = '2' WHERE key = 'min_program'"}) {
    EXPECT_NE(answer(sql), "") << sql;
  }
}

TEST_F(Schema, Refuses_values_out_of_bounds) {
  for (const char* sql :
       {"INSERT INTO txn (command, program_version, machine_id, boot_id, process_id, started_at, "
        "state)"
        " VALUES ('a', '1', 'm', 'b', 1, '2026-11-22T10:18:00.123Z', 'committed')",
        "INSERT INTO txn (command, program_version, machine_id, boot_id, process_id, started_at)"
        " VALUES ('', '1', 'm', 'b', 1, '2026-11-22T10:18:00.123Z')",
        "INSERT INTO operation (kind, opened_at, state) VALUES ('a', '2026-11-22T10:18:00.123Z', "
        "'settled')",
        "INSERT INTO step (txn_id, position, kind, target, sentence, vital, parameters, state)"
        " VALUES (2, 3, 'k', 't', 's', 1, '{}', 'armed')",
        "INSERT INTO step (txn_id, position, kind, target, sentence, vital, parameters)"
        " VALUES (2, 0, 'k', 't', 's', 1, '{}')",
        "INSERT INTO step (txn_id, position, kind, target, sentence, vital, parameters)"
        " VALUES (2, 3, 'k', 't', 's', 2, '{}')",
        "INSERT INTO step (txn_id, position, kind, target, sentence, vital, parameters)"
        " VALUES (2, 3, 'k', 't', 's', 1, 'no json')",
        "INSERT INTO step (txn_id, position, kind, target, sentence, vital, parameters)"
        " VALUES (2, 'three', 'k', 't', 's', 1, '{}')",
        "INSERT INTO step (txn_id, position, kind, target, sentence, vital, parameters)"
        " VALUES (7, 3, 'k', 't', 's', 1, '{}')",
        "INSERT INTO event (at, level, text) VALUES ('2026-11-22T10:18:00.123Z', 'loud', 'x')",
        "INSERT INTO event (at, level, text) VALUES ('now', 'info', 'x')",
        "INSERT INTO owned (kind, name, sha256) VALUES ('file', 'a', 'short')",
        "INSERT INTO owned (kind, name, size) VALUES ('file', 'a', -1)",
        "UPDATE txn SET attempts = -1", "UPDATE txn SET recovered = 2",
        "UPDATE txn SET cause = 'no json'", "UPDATE txn SET state = 'paused' WHERE id = 2"}) {
    EXPECT_NE(answer(sql), "") << sql;
  }
  EXPECT_EQ(answer("INSERT INTO owned (kind, name) VALUES ('file', 'a')"), "");
}

TEST_F(Schema, Steps_and_events_go_with_their_transaction) {
  SQLite::Database database(scratch_.journal(), SQLite::OPEN_READWRITE);
  database.exec("PRAGMA trusted_schema = ON");
  database.exec("PRAGMA foreign_keys = ON");
  database.exec("DELETE FROM txn WHERE id = 1");
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM step WHERE txn_id = 1").getInt(), 0);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM event WHERE txn_id = 1").getInt(), 0);
}

TEST_F(Schema, The_timeline_tells_a_transaction_in_the_order_of_time) {
  SQLite::Database database(scratch_.journal(), SQLite::OPEN_READONLY);
  database.exec("PRAGMA trusted_schema = ON");
  std::vector<std::string> lines;
  SQLite::Statement query(database, "SELECT what || ': ' || text FROM timeline WHERE txn = 2");
  while (query.executeStep())
    lines.push_back(query.getColumn(0).getString());
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "begin: enable 0.10.0 by process 1234", "arm 1: Register driver Driver1",
                       "failed 1: driver would not start", "undo failed 1: stuck"}));
  SQLite::Statement first(database, "SELECT group_concat(what, ', ') FROM timeline WHERE txn = 1");
  ASSERT_TRUE(first.executeStep());
  EXPECT_EQ(first.getColumn(0).getString(), "begin, arm 1, done 1, arm 2, done 2, info, end");
}

TEST_F(Schema, The_last_failure_is_one_row) {
  SQLite::Database database(scratch_.journal(), SQLite::OPEN_READONLY);
  database.exec("PRAGMA trusted_schema = ON");
  SQLite::Statement query(database, "SELECT txn, command, state, cause FROM last_failure");
  ASSERT_TRUE(query.executeStep());
  EXPECT_EQ(query.getColumn(0).getInt(), 2);
  EXPECT_EQ(query.getColumn(1).getString(), "enable");
  EXPECT_EQ(query.getColumn(2).getString(), "undoing");
  EXPECT_EQ(query.getColumn(3).getString(), "the cause");
}

TEST(SchemaSum, Is_that_of_the_files_in_their_order) {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  trust_schema(database);
  const std::filesystem::path folder = std::filesystem::path(EBPF_TEST_SOURCE) / "journal/schema";
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files.insert(entry.path().string());
  ASSERT_EQ(files.size(), static_cast<std::size_t>(kSchemaVersion));
  int version = 0;
  for (const std::string& file : files) {
    database.exec(read_bytes(file));
    EXPECT_EQ(schema_sum(database), sound_schema_sum(++version)) << file;
  }
}

}  // namespace
}  // namespace journal
