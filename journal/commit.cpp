#include <sqlite3.h>

#include <algorithm>

#include "journal/state.h"
#include "journal/sums.h"

namespace journal {
namespace {

using errors::ExitCode;
using errors::Failure;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// NULL for "none": an empty text, a null.
Value or_null(const std::string& text) { return text.empty() ? Value{} : Value{text}; }
Value or_null(const Json& json) { return json.is_null() ? Value{} : Value{text_of(json)}; }

std::string step_name(std::int64_t transaction_id, std::int64_t position) {
  return "step " + std::to_string(position) + " of transaction " + std::to_string(transaction_id);
}

std::string transaction_name(std::int64_t id) { return "transaction " + std::to_string(id); }

// Milliseconds from `column` (a time in the row itself) to the time bound as ?N; never negative,
// since clocks are set back.
std::string since(const std::string& column, const std::string& now) {
  return "max(0, coalesce(CAST(round((julianday(" + now + ") - julianday(" + column +
         ")) * 86400000) AS INTEGER), 0))";
}

void expect_one(int changed, const std::string& object, const std::string& tried) {
  if (changed == 1) return;
  throw Failure(ExitCode::kJournalUnusable, object, tried + ", which is not in the journal");
}

}  // namespace

Commit::Commit(Journal& journal) : journal_(journal) {
  Journal::State& state = *journal_.state_;
  if (state.commit_under_way) {
    throw Failure(ExitCode::kJournalUnusable, state.options.path,
                  "begin a commit inside another one");
  }
  state.run(state.options.path, "begin a commit", "BEGIN IMMEDIATE");
  state.commit_under_way = true;
}

Commit::~Commit() {
  Journal::State& state = *journal_.state_;
  state.commit_under_way = false;
  if (finished_ || sqlite3_get_autocommit(state.database->getHandle()) != 0) return;
  if (state.database->tryExec("ROLLBACK") != SQLITE_OK) state.poisoned = true;
}

void Commit::finish() {
  Journal::State& state = *journal_.state_;
  const auto tell = [&state](CommitPhase phase) {
    if (state.options.on_commit) state.options.on_commit(phase);
  };
  try {
    tell(CommitPhase::kBefore);
    state.run(state.options.path, "commit to the journal", "COMMIT");
    finished_ = true;
    tell(CommitPhase::kAfter);
  } catch (...) {
    // What is on the disk now is known only to who opens the file anew.
    state.database->tryExec("ROLLBACK");
    state.poisoned = true;
    throw;
  }
}

std::int64_t Commit::open_operation(const Operation& operation) {
  Journal::State& state = *journal_.state_;
  state.run("operation " + operation.kind, "open the operation",
            "INSERT INTO operation (kind, from_version, to_version, handler, package,"
            " sequence_number, opened_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            operation.kind, or_null(operation.from_version), or_null(operation.to_version),
            or_null(operation.handler), or_null(operation.package), operation.sequence_number,
            state.now());
  return state.database->getLastInsertRowid();
}

std::int64_t Commit::begin_transaction(const Transaction& transaction) {
  Journal::State& state = *journal_.state_;
  const std::optional<std::int64_t> operation =
      transaction.operation_id == 0 ? std::nullopt : std::optional(transaction.operation_id);
  Transaction row = transaction;
  if (row.program_version.empty()) row.program_version = state.options.program_version;
  if (row.machine_id.empty()) row.machine_id = state.options.machine_id;
  const Value change = or_null(row.installation_change);
  state.run("command " + row.command, "begin the transaction",
            "INSERT INTO txn (operation_id, command, program_version, payload_version, machine_id,"
            " boot_id, process_id, sequence_number, work_folder, started_at,"
            " installation_change, plan_sum)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            operation, row.command, row.program_version, or_null(row.payload_version),
            row.machine_id, row.boot_id, row.process_id, row.sequence_number,
            or_null(row.work_folder), state.now(), change, plan_sum(row, change.value_or("")));
  return state.database->getLastInsertRowid();
}

void Commit::add_step(std::int64_t transaction_id, const Step& step) {
  const std::string parameters = text_of(step.parameters);
  journal_.state_->run(
      step_name(transaction_id, step.position), "plan the step",
      "INSERT INTO step (txn_id, position, kind, target, sentence, vital, parameters, plan_sum)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      transaction_id, step.position, step.kind, step.target, step.sentence,
      std::int64_t{step.vital ? 1 : 0}, parameters, plan_sum(step, parameters));
}

void Commit::step_armed(std::int64_t transaction_id, std::int64_t position, const Json& before) {
  Journal::State& state = *journal_.state_;
  const std::string object = step_name(transaction_id, position);
  const std::string image = text_of(before);
  expect_one(state.run(object, "write the before-image",
                       "UPDATE step SET state = 'armed', before_image = ?3, before_sum = ?5,"
                       " armed_at = ?4 WHERE txn_id = ?1 AND position = ?2",
                       transaction_id, position, image, state.now(), image_sum(image)),
             object, "arm the step");
}

void Commit::step_done(std::int64_t transaction_id, std::int64_t position, const Json& after) {
  Journal::State& state = *journal_.state_;
  const std::string object = step_name(transaction_id, position);
  const std::string image = text_of(after);
  expect_one(state.run(object, "write the after-image",
                       "UPDATE step SET state = 'done', after_image = ?3, after_sum = ?5,"
                       " ended_at = ?4, duration_ms = " +
                           since("armed_at", "?4") + " WHERE txn_id = ?1 AND position = ?2",
                       transaction_id, position, image, state.now(), image_sum(image)),
             object, "finish the step");
}

void Commit::step_failed(std::int64_t transaction_id, std::int64_t position, const Json& error,
                         const Json& undo_error) {
  step_error(transaction_id, position, error);
  if (!undo_error.is_null()) {
    step_undo_failed(transaction_id, position, undo_error);
    return;
  }
  const std::string object = step_name(transaction_id, position);
  expect_one(journal_.state_->run(object, "record the step as failed",
                                  "UPDATE step SET state = 'failed'"
                                  " WHERE txn_id = ?1 AND position = ?2",
                                  transaction_id, position),
             object, "record the step as failed");
}

void Commit::step_error(std::int64_t transaction_id, std::int64_t position, const Json& error) {
  Journal::State& state = *journal_.state_;
  const std::string object = step_name(transaction_id, position);
  expect_one(
      state.run(object, "record the step's error",
                "UPDATE step SET error = coalesce(?3, error), ended_at = coalesce(ended_at, ?4),"
                " duration_ms = iif(ended_at IS NULL, " +
                    since("armed_at", "?4") + ", duration_ms) WHERE txn_id = ?1 AND position = ?2",
                transaction_id, position, or_null(error), state.now()),
      object, "record the error of the step");
}

void Commit::step_undone(std::int64_t transaction_id, std::int64_t position,
                         const std::string& boot_id, const std::vector<std::string>& foreign) {
  Journal::State& state = *journal_.state_;
  const std::string object = step_name(transaction_id, position);
  expect_one(
      state.run(object, "record the step as undone",
                "UPDATE step SET state = 'undone', undo_error = NULL, foreign_objects = ?3,"
                " undone_at = ?4, undo_boot_id = ?5 WHERE txn_id = ?1 AND position = ?2",
                transaction_id, position, foreign.empty() ? Value{} : Value{text_of(Json(foreign))},
                state.now(), boot_id),
      object, "record the undo of the step");
}

void Commit::step_undo_failed(std::int64_t transaction_id, std::int64_t position,
                              const Json& undo_error) {
  Journal::State& state = *journal_.state_;
  const std::string object = step_name(transaction_id, position);
  expect_one(state.run(object, "record the failed undo of the step",
                       "UPDATE step SET state = 'undo-failed', undo_error = ?3, undone_at = ?4"
                       " WHERE txn_id = ?1 AND position = ?2",
                       transaction_id, position, or_null(undo_error), state.now()),
             object, "record the failed undo of the step");
}

void Commit::begin_undo(std::int64_t transaction_id, const Json& cause,
                        const std::string& boot_id) {
  const std::string object = transaction_name(transaction_id);
  expect_one(journal_.state_->run(object, "begin the undo of the transaction",
                                  "UPDATE txn SET state = 'undoing', cause = coalesce(cause, ?2),"
                                  " undo_boot_id = ?3 WHERE id = ?1",
                                  transaction_id, or_null(cause), boot_id),
             object, "begin the undo of the transaction");
}

void Commit::set_attempts(std::int64_t transaction_id, std::int64_t attempts) {
  const std::string object = transaction_name(transaction_id);
  expect_one(
      journal_.state_->run(object, "count the attempts of recovery",
                           "UPDATE txn SET attempts = ?2 WHERE id = ?1", transaction_id, attempts),
      object, "count the attempts to recover the transaction");
}

void Commit::end_transaction(std::int64_t transaction_id, const End& end) {
  Journal::State& state = *journal_.state_;
  const std::string object = transaction_name(transaction_id);
  expect_one(
      state.run(object, "end the transaction",
                "UPDATE txn SET state = ?2, recovered = ?3, code = ?4,"
                " cause = coalesce(?5, cause), undo_failure = coalesce(?6, undo_failure),"
                " result = coalesce(?7, result), ended_at = ?8, duration_ms = " +
                    since("started_at", "?8") + " WHERE id = ?1",
                transaction_id, std::string(to_text(end.state)),
                std::int64_t{end.recovered ? 1 : 0}, std::int64_t{end.code}, or_null(end.cause),
                or_null(end.undo_failure), or_null(end.result), state.now()),
      object, "end the transaction");
}

void Commit::begin_operation_undo(std::int64_t operation_id, const Json& cause,
                                  const std::string& failed_command) {
  Journal::State& state = *journal_.state_;
  const std::string object = "operation " + std::to_string(operation_id);
  expect_one(state.run(object, "begin the undo of the operation",
                       "UPDATE operation SET state = 'undoing',"
                       " cause = iif(undoing_at IS NULL, ?2, cause),"
                       " failed_command = iif(undoing_at IS NULL, ?3, failed_command),"
                       " undoing_at = coalesce(undoing_at, ?4) WHERE id = ?1",
                       operation_id, or_null(cause), or_null(failed_command), state.now()),
             object, "begin the undo of the operation");
}

void Commit::end_operation(std::int64_t operation_id, OperationState operation_state) {
  Journal::State& state = *journal_.state_;
  const std::string object = "operation " + std::to_string(operation_id);
  expect_one(state.run(object, "change the operation's state",
                       "UPDATE operation SET state = ?2,"
                       " undoing_at = iif(?2 = 'undoing', coalesce(undoing_at, ?3), undoing_at),"
                       " settled_at = iif(?2 IN ('settled', 'undone', 'inconsistent'), ?3, NULL)"
                       " WHERE id = ?1",
                       operation_id, std::string(to_text(operation_state)), state.now()),
             object, "change the state of the operation");
}

void Commit::event(std::int64_t transaction_id, Level level, const std::string& text) {
  Journal::State& state = *journal_.state_;
  std::string line = text;  // one event, one line
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  const std::optional<std::int64_t> transaction =
      transaction_id == 0 ? std::nullopt : std::optional(transaction_id);
  state.run("event \"" + line + "\"", "write the event",
            "INSERT INTO event (txn_id, at, level, text) VALUES (?1, ?2, ?3, ?4)", transaction,
            state.now(), std::string(to_text(level)), line);
}

void Commit::put_owned(const Owned& owned) {
  journal_.state_->run(owned.name, "record what is ours",
                       "INSERT OR REPLACE INTO owned"
                       " (kind, name, sha256, file_id, size, version, sum, origin)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                       owned.kind, owned.name, or_null(owned.sha256), or_null(owned.file_id),
                       owned.size, or_null(owned.version), fact_sum(owned), owned.origin);
}

void Commit::forget_owned(const std::string& kind, const std::string& name) {
  journal_.state_->run(name, "forget what was ours",
                       "DELETE FROM owned WHERE kind = ?1 AND name = ?2", kind, name);
}

void Commit::forget_all_owned() {
  journal_.state_->run(journal_.state_->options.path, "forget all that was ours",
                       "DELETE FROM owned");
}

void Commit::put_meta(const std::string& key, const std::string& value) {
  journal_.state_->run(
      "meta " + key, "write the fact",
      "INSERT INTO meta (key, value, sum) VALUES (?1, ?2, ?3)"
      " ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum",
      key, value, fact_sum(key, value));
}

void Commit::forget_meta(const std::string& key) {
  journal_.state_->run("meta " + key, "forget the fact", "DELETE FROM meta WHERE key = ?1", key);
}

}  // namespace journal
