#include "journal/journal.h"

#include <sqlite3.h>

#include <charconv>

#include "journal/state.h"

namespace journal {

using errors::ExitCode;
using errors::Failure;

namespace {

// A reader in the middle of a query is waited for this long; then the WAL stays as it is.
constexpr int kCheckpointBusyMs = 250;

}  // namespace

Journal::State::State(OpenOptions open_options, std::unique_ptr<SQLite::Database> open_database)
    : options(std::move(open_options)), database(std::move(open_database)) {}

Journal::State::~State() {
  if (poisoned) {
    sqlite3_db_config(database->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
}

void Journal::State::refuse_poisoned() const {
  if (!poisoned) return;
  throw Failure(ExitCode::kJournalUnusable, options.path,
                "use the journal after a failed commit; it must be opened again");
}

SQLite::Statement& Journal::State::prepared(const std::string& sql) {
  const auto known = statements_.find(sql);
  if (known == statements_.end()) return statements_.try_emplace(sql, *database, sql).first->second;
  known->second.tryReset();  // what it returns is the failure of its last run, which was told
  return known->second;
}

Source Journal::State::source() const {
  refuse_poisoned();
  return {*database, options.path, kSchemaVersion};
}

std::vector<std::string> Journal::State::column(const std::string& sql) const {
  const Source from = source();
  try {
    SQLite::Statement statement(from.database, sql);
    std::vector<std::string> values;
    while (statement.executeStep())
      values.push_back(statement.getColumn(0).getString());
    return values;
  } catch (const SQLite::Exception& error) {
    throw sqlite_failure(error, database->getHandle(), "sqlite3_step", from.path,
                         "read the journal");
  }
}

void Journal::State::run_script(const std::string& name, const std::string& sql) {
  try {
    database->exec(sql);
  } catch (const SQLite::Exception& error) {
    fail(error, "sqlite3_exec", options.path, "run " + name + " on the journal");
  }
}

void Journal::State::fail(const SQLite::Exception& error, const char* api,
                          const std::string& object, const std::string& tried) {
  Failure failure = sqlite_failure(error, database->getHandle(), api, object, tried);
  if (commit_under_way && sqlite3_get_autocommit(database->getHandle()) != 0) poisoned = true;
  throw failure;
}

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}

Journal::~Journal() = default;

const std::string& Journal::was_set_aside() const { return state_->set_aside; }

const std::vector<std::string>& Journal::notes() const { return state_->notes; }

bool Journal::from_another_machine() const {
  const std::optional<std::string> owner = meta("machine_id");
  return owner && *owner != state_->options.machine_id;
}

std::optional<Source> Journal::source() const { return state_->source(); }

bool Journal::may_be_needed(const Transaction& transaction) const {
  const bool ended = transaction.state == TransactionState::kCommitted ||
                     transaction.state == TransactionState::kUndone ||
                     transaction.state == TransactionState::kRefused ||
                     transaction.state == TransactionState::kInconsistent;
  if (!ended) return true;
  if (transaction.operation_id == 0) return false;
  const auto state = operation(transaction.operation_id).state;
  return state != OperationState::kSettled && state != OperationState::kUndone &&
         state != OperationState::kInconsistent;
}

std::int64_t Journal::next_transaction_id() {
  const std::vector<std::string> last =
      state_->column("SELECT seq FROM sqlite_sequence WHERE name = 'txn'");
  std::int64_t id = 0;
  if (!last.empty()) {
    std::from_chars(last.front().data(), last.front().data() + last.front().size(), id);
  }
  return id + 1;
}

bool Journal::checkpoint() {
  sqlite3* handle = state_->source().database.getHandle();
  sqlite3_busy_timeout(handle, kCheckpointBusyMs);
  const int result =
      sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(handle, kBusyMs);
  // After an I/O error what SQLite believes to be in the file may not be there. The WAL still has
  // everything; it stays for the next open.
  if (result != SQLITE_OK && result != SQLITE_BUSY && result != SQLITE_LOCKED) {
    state_->poisoned = true;
  }
  return result == SQLITE_OK;
}

}  // namespace journal
