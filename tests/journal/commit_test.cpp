#include <gtest/gtest.h>

#include "journal/reader.h"
#include "tests/journal/scratch.h"
#include "tests/lab/past_triggers.h"

namespace journal {
namespace {

using errors::ExitCode;

void expect_as_written(const Transaction& transaction) {
  EXPECT_EQ(transaction.command, "install");
  EXPECT_EQ(transaction.state, TransactionState::kCommitted);
  EXPECT_EQ(transaction.program_version, "0.10.0.1");
  EXPECT_EQ(transaction.payload_version, "0.10.0");
  EXPECT_EQ(transaction.boot_id, "boot-1");
  EXPECT_EQ(transaction.process_id, 1234);
  EXPECT_EQ(transaction.sequence_number, 7);
  EXPECT_EQ(transaction.attempts, 2);
  EXPECT_EQ(transaction.started_at, "2026-11-22T10:18:00.123Z");
  EXPECT_EQ(transaction.ended_at, "2026-11-22T10:18:00.123Z");
  EXPECT_TRUE(transaction.cause.is_null());
}

TEST(Commit, What_is_written_is_read_back) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  EXPECT_EQ(journal->next_transaction_id(), 1);
  begin(*journal, 3);
  next(*journal, 1, 1);
  next(*journal, 1, 2);
  {
    Commit commit(*journal);
    commit.set_attempts(1, 2);
    commit.event(1, Level::kInfo, "two\nlines");
    commit.event(0, Level::kError, "belongs to none");
    commit.put_owned({"file", R"(C:\A.sys)", std::string(64, 'a'), "id-1", 5, "0.10.0"});
    commit.put_owned({"service", "EbpfCore", "", "", 0, ""});
    commit.put_meta("note", "one");
    commit.put_meta("note", "two");
    commit.finish();
  }
  settle(*journal, 1, 3);

  EXPECT_EQ(journal->next_transaction_id(), 2);
  EXPECT_TRUE(journal->unfinished().empty());
  const Transaction transaction = journal->transaction(1);
  expect_as_written(transaction);
  const Operation operation = journal->operation(transaction.operation_id);
  EXPECT_EQ(operation.kind, "install");
  EXPECT_EQ(operation.state, OperationState::kSettled);
  EXPECT_EQ(operation.to_version, "0.10.0");
  EXPECT_NE(operation.settled_at, "");
  EXPECT_EQ(journal->open_operation(), std::nullopt);
  const std::vector<Step> steps = journal->steps(1);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[1].target, "Driver2");
  EXPECT_EQ(steps[1].sentence, "Register driver Driver2");
  EXPECT_EQ(steps[1].state, StepState::kDone);
  EXPECT_EQ(steps[1].parameters, step_at(2).parameters);
  EXPECT_EQ(steps[1].before, Json({{"existed", false}}));
  EXPECT_EQ(steps[1].after, Json({{"left", 2}}));
  const std::vector<Event> events = journal->events_after(0);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].text, "two lines");
  EXPECT_EQ(events[0].transaction_id, 1);
  EXPECT_EQ(events[1].level, Level::kError);
  EXPECT_EQ(events[1].transaction_id, 0);
  EXPECT_EQ(journal->events_after(events[0].id).size(), 1U);
  ASSERT_EQ(journal->owned().size(), 2U);
  EXPECT_EQ(journal->owned()[0].sha256, std::string(64, 'a'));
  EXPECT_EQ(journal->owned()[0].size, 5);
  EXPECT_EQ(journal->meta("note"), "two");
  EXPECT_EQ(journal->meta("nothing"), std::nullopt);
}

TEST(Commit, Not_finished_is_not_written_and_the_next_one_is) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  { Commit(*journal).put_meta("a", "1"); }
  EXPECT_EQ(journal->meta("a"), std::nullopt);
  Commit commit(*journal);
  commit.put_meta("a", "2");
  EXPECT_EQ(code_of([&] { const Commit inner(*journal); }), ExitCode::kJournalUnusable);
  commit.finish();
  EXPECT_EQ(journal->meta("a"), "2");
}

TEST(Commit, Undo_keeps_cause_and_failure_of_the_undo_apart) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  begin(*journal, 3);
  next(*journal, 1, 1);
  Commit commit(*journal);
  commit.step_error(1, 2, {{"message", "would not start"}});
  commit.begin_undo(1, {{"message", "cause"}}, "boot-1");
  commit.begin_undo(1, {{"message", "later"}}, "boot-2");
  commit.step_undo_failed(1, 2, {{"message", "stuck"}});
  commit.step_undone(1, 2, "boot-1", {R"(C:\foreign.sys)"});
  commit.step_undone(1, 1, "boot-1", {});
  commit.end_transaction(1, {.state = TransactionState::kUndone,
                             .recovered = true,
                             .code = 1013,
                             .undo_failure = {{"message", "stuck"}},
                             .result = {{"note", 1}}});
  commit.end_operation(1, OperationState::kUndone);
  commit.finish();
  const Transaction transaction = journal->transaction(1);
  EXPECT_EQ(transaction.state, TransactionState::kUndone);
  EXPECT_EQ(transaction.cause.at("message"), "cause") << "the first one stays";
  EXPECT_EQ(transaction.undo_failure.at("message"), "stuck");
  EXPECT_EQ(transaction.undo_boot_id, "boot-2");
  EXPECT_EQ(journal->steps(1)[0].undo_boot_id, "boot-1");
  EXPECT_EQ(journal->steps(1)[2].undo_boot_id, "") << "not undone";
  EXPECT_EQ(transaction.code, 1013);
  EXPECT_TRUE(transaction.recovered);
  const std::vector<Step> steps = journal->steps(1);
  EXPECT_EQ(steps[1].state, StepState::kUndone);
  EXPECT_EQ(steps[1].error.at("message"), "would not start");
  EXPECT_TRUE(steps[1].undo_error.is_null());
  EXPECT_EQ(steps[1].foreign, std::vector<std::string>{R"(C:\foreign.sys)"});
  EXPECT_EQ(steps[2].state, StepState::kPlanned);
}

TEST(Commit, A_best_effort_step_fails_alone_or_with_its_undo) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  begin(*journal, 2);
  Commit commit(*journal);
  commit.step_failed(1, 1, {{"message", "one"}}, nullptr);
  commit.step_armed(1, 2, nullptr);
  commit.step_failed(1, 2, {{"message", "two"}}, {{"message", "undo"}});
  commit.end_transaction(1, {});
  commit.finish();
  const std::vector<Step> steps = journal->steps(1);
  EXPECT_EQ(steps[0].state, StepState::kFailed);
  EXPECT_EQ(steps[0].error.at("message"), "one");
  EXPECT_EQ(steps[1].state, StepState::kUndoFailed);
  EXPECT_EQ(steps[1].error.at("message"), "two");
  EXPECT_EQ(steps[1].undo_error.at("message"), "undo");
}

TEST(Commit, Rows_that_do_not_exist_are_a_failure_that_names_them) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  begin(*journal, 1);
  Commit commit(*journal);
  const std::vector<std::function<void()>> calls{
      [&] { commit.step_armed(1, 9, {}); },
      [&] { commit.step_done(9, 1, {}); },
      [&] { commit.step_error(9, 1, {}); },
      [&] { commit.step_failed(9, 1, {}, {}); },
      [&] { commit.step_undone(9, 1, "boot-1", {}); },
      [&] { commit.step_undo_failed(9, 1, {}); },
      [&] { commit.begin_undo(9, {}, "b"); },
      [&] { commit.set_attempts(9, 1); },
      [&] { commit.end_transaction(9, {}); },
      [&] { commit.end_operation(9, OperationState::kSettled); },
      [&] { commit.add_step(9, step_at(1)); },
      [&] { commit.event(9, Level::kInfo, "x"); },
      [&] { journal->transaction(9); },
      [&] { journal->operation(9); },
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    std::string message;
    EXPECT_EQ(code_of(calls[i], &message), ExitCode::kJournalUnusable) << i;
    if (i == 0) {
      EXPECT_NE(message.find("step 9 of transaction 1"), std::string::npos) << message;
    }
  }
  EXPECT_TRUE(journal->steps(9).empty());
}

TEST(Commit, What_is_ours_is_known_without_case_and_can_be_forgotten) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  Commit commit(*journal);
  commit.put_owned({"service", "EbpfCore", "", "", 0, "1"});
  commit.put_owned({"service", "EBPFCORE", "", "", 0, "2"});
  ASSERT_EQ(journal->owned().size(), 1U);
  EXPECT_EQ(journal->owned()[0].version, "2");
  commit.put_owned({"file", "a", "", "", 0, ""});
  commit.forget_owned("service", "ebpfcore");
  EXPECT_EQ(journal->owned().size(), 1U);
  commit.forget_all_owned();
  EXPECT_TRUE(journal->owned().empty());
  commit.put_meta("a", "1");
  commit.forget_meta("a");
  EXPECT_EQ(journal->meta("a"), std::nullopt);
}

TEST(Commit, A_hook_that_throws_before_prevents_and_after_does_not) {
  for (const CommitPhase phase : {CommitPhase::kBefore, CommitPhase::kAfter}) {
    const Scratch scratch;
    bool armed = false;
    auto journal = Journal::open(options_for(scratch.journal(), [&](CommitPhase now) {
      if (armed && now == phase) throw errors::Failure(ExitCode::kDiskFull, "hook", "go on");
    }));
    armed = true;
    EXPECT_EQ(code_of([&] { begin(*journal, 1); }), ExitCode::kDiskFull);
    EXPECT_EQ(code_of([&] { journal->steps(1); }), ExitCode::kJournalUnusable) << "reopen first";
    EXPECT_EQ(code_of([&] { journal->next_transaction_id(); }), ExitCode::kJournalUnusable);
    journal.reset();
    EXPECT_EQ(open_at(scratch.journal())->unfinished().size(),
              phase == CommitPhase::kBefore ? 0U : 1U);
  }
}

TEST(Commit, Another_writer_makes_it_busy) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  SQLite::Database stranger(scratch.journal(), SQLite::OPEN_READWRITE);
  stranger.exec("BEGIN IMMEDIATE");
  EXPECT_EQ(code_of([&] { const Commit commit(*journal); }), ExitCode::kBusy);
}

TEST(Commit, Text_that_is_not_utf8_is_written_as_well_as_can_be) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  begin(*journal, 1);
  Commit commit(*journal);
  commit.step_error(1, 1, {{"message", "bad \xff byte"}});
  EXPECT_EQ(journal->steps(1)[0].error.at("message"), "bad \xef\xbf\xbd byte");
}

TEST(Commit, Durations_are_measured_and_never_negative) {
  const Scratch scratch;
  std::int64_t now = kNow;
  OpenOptions options = options_for(scratch.journal());
  options.utc_ms = [&] { return now; };
  auto journal = Journal::open(options);
  begin(*journal, 2);
  now += 1500;
  next(*journal, 1, 1);
  now -= 3000;
  settle(*journal, 1, 2);
  EXPECT_EQ(journal->steps(1)[0].duration_ms, 1500);
  EXPECT_EQ(journal->steps(1)[1].duration_ms, 0) << "the clock was set back";
  EXPECT_EQ(journal->transaction(1).duration_ms, 0);
}

TEST(Commit, A_work_folder_may_be_needed_until_its_operation_has_ended) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  begin(*journal, 1);
  ASSERT_EQ(journal->with_work_folder().size(), 1U);
  EXPECT_TRUE(journal->may_be_needed(journal->transaction(1)));
  settle(*journal, 1, 1);
  EXPECT_FALSE(journal->may_be_needed(journal->transaction(1)));
}

TEST(Commit, Whose_a_row_is_comes_back_as_it_was_written) {
  const Scratch scratch;
  auto journal = open_at(scratch.journal());
  {
    Commit commit(*journal);
    commit.put_owned({"service", "A", "", "", 0, "1", kAdopted});
    commit.put_owned({"service", "B", "", "", 0, "1", kOfMsi});
    commit.put_owned({"service", "C", "", "", 0, "1"});
    commit.finish();
  }
  EXPECT_EQ(journal->owned()[0].origin, kAdopted);
  EXPECT_EQ(journal->owned()[1].origin, kOfMsi);
  EXPECT_EQ(journal->owned()[2].origin, std::nullopt);
  {
    Commit commit(*journal);
    EXPECT_ANY_THROW(commit.put_owned({"service", "D", "", "", 0, "1", "somebody"}));
  }
  journal.reset();
  // As a program of an earlier schema writes a row anew.
  write_raw(
      scratch.journal(),
      "INSERT OR REPLACE INTO owned (kind, name, size, version) VALUES ('service', 'A', 0, '1')");
  EXPECT_EQ(open_at(scratch.journal())->owned()[0].origin, std::nullopt);
}

// Each text that is written once, changed in one letter that leaves it JSON.
TEST(Commit, A_text_that_is_not_what_was_written_is_damage) {
  for (const auto& [sql, damage] : std::vector<std::pair<std::string, std::string>>{
           {"UPDATE step SET kind = 'x' || kind WHERE position = 1", "plan"},
           {"UPDATE step SET target = target || 'x' WHERE position = 1", "plan"},
           {"UPDATE step SET vital = 1 - vital WHERE position = 1", "plan"},
           {"UPDATE step SET parameters = '{\"b\":1}' WHERE position = 1", "plan"},
           {"UPDATE step SET before_image = '{\"b\":1}' WHERE position = 1", "before-image"},
           {"UPDATE step SET after_image = '{\"b\":1}' WHERE position = 1", "after-image"}}) {
    const Scratch scratch;
    run_transaction(*open_at(scratch.journal()), 1);
    EXPECT_EQ(open_at(scratch.journal())->steps(1)[0].damage, "");
    lab::change_past_triggers(scratch.journal(), sql);
    EXPECT_EQ(open_at(scratch.journal())->steps(1)[0].damage,
              "its " + damage + " is not what was written")
        << sql;
    lab::change_past_triggers(
        scratch.journal(), "UPDATE step SET plan_sum = NULL, before_sum = NULL, after_sum = NULL");
    EXPECT_EQ(open_at(scratch.journal())->steps(1)[0].damage, "")
        << "a program of an earlier schema wrote it";
  }
  const Scratch scratch;
  run_transaction(*open_at(scratch.journal()), 1);
  lab::change_past_triggers(scratch.journal(), "UPDATE txn SET boot_id = 'x'");
  EXPECT_EQ(open_at(scratch.journal())->transaction(1).damage, "its plan is not what was written");
}

TEST(Commit, A_check_sum_never_changes) {
  const Scratch scratch;
  run_transaction(*open_at(scratch.journal()), 1);
  for (const char* column : {"plan_sum", "before_sum", "after_sum"})
    EXPECT_THROW(write_raw(scratch.journal(), std::string("UPDATE step SET ") + column + " = NULL"),
                 std::exception)
        << column;
  EXPECT_THROW(write_raw(scratch.journal(), "UPDATE txn SET plan_sum = NULL"), std::exception);
}

}  // namespace
}  // namespace journal
