#include "journal/rows.h"

#include <string>
#include <variant>

#include "errors/failure.h"
#include "journal/records.h"
#include "journal/sums.h"

namespace journal {
namespace {

using errors::ExitCode;
using errors::Failure;

// The one value of a condition.
using Bound = std::variant<std::int64_t, std::string>;

// JSON text of a column; NULL is null. The tables check what is written; a text that is not JSON
// all the same is damage, and never read as "none".
Json json_of(const SQLite::Column& column, const std::string& path) {
  if (column.isNull()) return nullptr;
  Json json = bounded::json(column.getString());
  if (json.is_discarded()) {
    throw Failure(ExitCode::kJournalUnusable, path,
                  std::string("read column ") + column.getName() + ", which is not JSON,");
  }
  return json;
}

std::optional<std::int64_t> integer_of(const SQLite::Column& column) {
  if (column.isNull()) return std::nullopt;
  return column.getInt64();
}

template <typename Value>
void bind(SQLite::Statement& statement, const Value& value) {
  bind_value(statement, 1, value);
}
void bind(SQLite::Statement& statement, const Bound& value) {
  std::visit([&statement](const auto& held) { bind_value(statement, 1, held); }, value);
}

// `so_far` and the row's; 0 where nothing is limited. Throws where that is too much.
std::int64_t checked_bytes(const SQLite::Statement& row, const Source& source,
                           std::int64_t so_far) {
  if (source.most_bytes == 0) return 0;
  std::int64_t bytes = so_far;
  for (int column = 0; column < row.getColumnCount(); ++column)
    bytes += row.getColumn(column).getBytes();
  if (bytes <= source.most_bytes) return bytes;
  throw Failure(ExitCode::kJournalUnusable, source.path,
                "read the journal: more than " + std::to_string(source.most_bytes) +
                    " bytes for one question")
      .advise("Ask for less of it: `journal list --last 1000`, or one transaction.");
}

// Runs `sql` with one bound value, if it has a parameter, and hands each row to `read`. No rows
// where there are no tables.
template <typename Record, typename Value, typename Read>
std::vector<Record> rows(const std::optional<Source>& from, const std::string& sql,
                         const Value& value, Read read) {
  if (!from) return {};
  const Source& source = *from;
  const char* api = "sqlite3_prepare_v2";
  try {
    SQLite::Statement statement(source.database, sql);
    if (statement.getBindParameterCount() > 0) bind(statement, value);
    api = "sqlite3_step";
    std::vector<Record> records;
    std::int64_t bytes = 0;
    while (statement.executeStep()) {
      bytes = checked_bytes(statement, source, bytes);
      records.push_back(read(statement));
    }
    return records;
  } catch (const SQLite::Exception& error) {
    throw sqlite_failure(error, source.database.getHandle(), api, source.path, "read the journal");
  }
}

std::vector<Operation> read_operations(const std::optional<Source>& from, const std::string& rest,
                                       const Bound& value = {}) {
  if (!from) return {};
  const Source& source = *from;
  return rows<Operation>(
      source,
      "SELECT id, kind, state, from_version, to_version, handler, package, sequence_number, cause,"
      " failed_command, opened_at, undoing_at, settled_at FROM operation " +
          rest,
      value, [&from](SQLite::Statement& row) {
        int column = 0;
        const auto next = [&row, &column] { return row.getColumn(column++); };
        Operation operation;
        operation.id = next().getInt64();
        operation.kind = next().getString();
        operation.state = operation_state_from(next().getString());
        operation.from_version = next().getString();
        operation.to_version = next().getString();
        operation.handler = next().getString();
        operation.package = next().getString();
        operation.sequence_number = integer_of(next());
        operation.cause = json_of(next(), from->path);
        operation.failed_command = next().getString();
        operation.opened_at = next().getString();
        operation.undoing_at = next().getString();
        operation.settled_at = next().getString();
        return operation;
      });
}

// Columns of a later schema are NULL in an earlier one.
std::string since_schema(const std::optional<Source>& from, int schema,
                         const std::string& columns) {
  if (!from || from->schema >= schema) return columns;
  std::string nulls = "NULL";
  nulls.reserve(columns.size());
  for (const char letter : columns) {
    if (letter == ',') nulls += ", NULL";
  }
  return nulls;
}

// A sum that is NULL: an earlier schema wrote the row.
bool is_damaged(const SQLite::Column& sum, const std::string& computed) {
  return !sum.isNull() && sum.getString() != computed;
}

// A text of a step that was written once, with its check sum.
Json written_once(const SQLite::Column& column, const SQLite::Column& sum,
                  const std::string& computed, const std::string& name, std::string& damage) {
  if (is_damaged(sum, computed)) damage = "its " + name + " is not what was written";
  if (column.isNull()) return nullptr;
  Json json = bounded::json(column.getString());
  if (!json.is_discarded()) return json;
  damage = "its " + name + " is not JSON";
  return nullptr;
}

std::vector<Transaction> read_transactions(const std::optional<Source>& from,
                                           const std::string& rest, const Bound& value = {}) {
  return rows<Transaction>(
      from,
      "SELECT id, operation_id, command, state, program_version, payload_version, machine_id,"
      " boot_id, undo_boot_id, process_id, sequence_number, work_folder, recovered, attempts,"
      " code, cause, undo_failure, result, started_at, ended_at, duration_ms, " +
          since_schema(from, 2, "installation_change") + ", " + since_schema(from, 3, "plan_sum") +
          " FROM txn " + rest,
      value, [&from](SQLite::Statement& row) {
        int column = 0;
        const auto next = [&row, &column] { return row.getColumn(column++); };
        Transaction transaction;
        transaction.id = next().getInt64();
        transaction.operation_id = next().getInt64();
        transaction.command = next().getString();
        transaction.state = transaction_state_from(next().getString());
        transaction.program_version = next().getString();
        transaction.payload_version = next().getString();
        transaction.machine_id = next().getString();
        transaction.boot_id = next().getString();
        transaction.undo_boot_id = next().getString();
        transaction.process_id = next().getInt64();
        transaction.sequence_number = integer_of(next());
        transaction.work_folder = next().getString();
        transaction.recovered = next().getInt64() != 0;
        transaction.attempts = next().getInt64();
        transaction.code = next().getInt();
        transaction.cause = json_of(next(), from->path);
        transaction.undo_failure = json_of(next(), from->path);
        transaction.result = json_of(next(), from->path);
        transaction.started_at = next().getString();
        transaction.ended_at = next().getString();
        transaction.duration_ms = next().getInt64();
        const SQLite::Column change = next();
        transaction.installation_change = written_once(
            change, next(), plan_sum(transaction, change.getString()), "plan", transaction.damage);
        return transaction;
      });
}

Step step_of(SQLite::Statement& row, const std::string& path) {
  int column = 0;
  const auto next = [&row, &column] { return row.getColumn(column++); };
  Step step;
  step.position = next().getInt64();
  step.kind = next().getString();
  step.target = next().getString();
  step.sentence = next().getString();
  step.vital = next().getInt64() != 0;
  step.state = step_state_from(next().getString());
  step.error = json_of(next(), path);
  step.undo_error = json_of(next(), path);
  for (const Json& object : json_of(next(), path)) {
    step.foreign.push_back(object.is_string() ? object.get<std::string>() : object.dump());
  }
  step.armed_at = next().getString();
  step.ended_at = next().getString();
  step.undone_at = next().getString();
  step.duration_ms = next().getInt64();
  const SQLite::Column parameters = next();
  const SQLite::Column before = next();
  const SQLite::Column after = next();
  step.undo_boot_id = next().getString();
  step.parameters =
      written_once(parameters, next(), plan_sum(step, parameters.getString()), "plan", step.damage);
  step.before =
      written_once(before, next(), image_sum(before.getString()), "before-image", step.damage);
  step.after =
      written_once(after, next(), image_sum(after.getString()), "after-image", step.damage);
  return step;
}

std::vector<Step> read_steps(const std::optional<Source>& from, std::int64_t transaction_id) {
  return rows<Step>(
      from,
      "SELECT position, kind, target, sentence, vital, state, error, undo_error, foreign_objects,"
      " armed_at, coalesce(ended_at, undone_at), undone_at, duration_ms, parameters,"
      " before_image, after_image, " +
          since_schema(from, 3, "undo_boot_id, plan_sum, before_sum, after_sum") +
          " FROM step WHERE txn_id = ?1 ORDER BY position",
      transaction_id, [&from](SQLite::Statement& row) { return step_of(row, from->path); });
}

std::vector<Event> read_events(const std::optional<Source>& from, const std::string& rest,
                               std::int64_t value) {
  return rows<Event>(from, "SELECT id, txn_id, at, level, text FROM event " + rest, value,
                     [](SQLite::Statement& row) {
                       Event event;
                       event.id = row.getColumn(0).getInt64();
                       event.transaction_id = row.getColumn(1).getInt64();
                       event.at = row.getColumn(2).getString();
                       const std::string level = row.getColumn(3).getString();
                       event.level = level == "info"    ? Level::kInfo
                                     : level == "error" ? Level::kError
                                                        : Level::kWarning;
                       event.text = row.getColumn(4).getString();
                       return event;
                     });
}

std::vector<Owned> read_owned(const std::optional<Source>& from) {
  return rows<Owned>(
      from,
      "SELECT kind, name, sha256, file_id, size, version, " + since_schema(from, 4, "sum") + ", " +
          since_schema(from, 5, "origin") + " FROM owned ORDER BY kind, name",
      std::int64_t{0}, [](SQLite::Statement& row) {
        Owned owned;
        owned.kind = row.getColumn(0).getString();
        owned.name = row.getColumn(1).getString();
        owned.sha256 = row.getColumn(2).getString();
        owned.file_id = row.getColumn(3).getString();
        owned.size = row.getColumn(4).getInt64();
        owned.version = row.getColumn(5).getString();
        if (!row.getColumn(7).isNull()) owned.origin = row.getColumn(7).getString();
        const bool is_known = !owned.origin || owned.origin == kAdopted || owned.origin == kOfMsi;
        if (!is_known || is_damaged(row.getColumn(6), fact_sum(owned)))
          owned.damage = "it is not what was written";
        return owned;
      });
}

template <typename Record>
std::optional<Record> first(std::vector<Record> records) {
  if (records.empty()) return std::nullopt;
  return std::move(records.front());
}

template <typename Record>
Record only(std::optional<Record> record, const std::optional<Source>& from,
            const std::string& what) {
  if (!record) {
    throw Failure(ExitCode::kJournalUnusable, from ? from->path : "the journal",
                  "read " + what + ", which does not exist,");
  }
  return std::move(*record);
}

}  // namespace

std::vector<Transaction> Records::transactions() const {
  return read_transactions(source(), "ORDER BY id");
}

std::vector<Transaction> Records::newest_transactions(const std::string& since, bool failed,
                                                      std::int64_t limit,
                                                      std::int64_t before) const {
  std::string rest = "WHERE started_at >= ?1 AND id < " + std::to_string(before);
  if (failed) rest += " AND NOT (state = 'committed' AND code = 0)";
  return read_transactions(source(), rest + " ORDER BY id DESC LIMIT " + std::to_string(limit),
                           since);
}

std::optional<Transaction> Records::transaction_before(std::int64_t id) const {
  return first(read_transactions(source(), "WHERE id < ?1 ORDER BY id DESC LIMIT 1", id));
}

std::optional<Transaction> Records::transaction_after(std::int64_t id) const {
  return first(read_transactions(source(), "WHERE id > ?1 ORDER BY id LIMIT 1", id));
}

std::optional<Transaction> Records::newest_transaction() const {
  return first(read_transactions(source(), "ORDER BY id DESC LIMIT 1"));
}

std::vector<Transaction> Records::unfinished() const {
  return read_transactions(source(),
                           "WHERE state NOT IN ('committed', 'undone', 'refused', 'inconsistent')"
                           " ORDER BY id DESC");
}

std::optional<Transaction> Records::find_transaction(std::int64_t id) const {
  return first(read_transactions(source(), "WHERE id = ?1", id));
}

Transaction Records::transaction(std::int64_t id) const {
  return only(find_transaction(id), source(), "transaction " + std::to_string(id));
}

std::vector<Transaction> Records::transactions_of(std::int64_t operation_id) const {
  return read_transactions(source(), "WHERE operation_id = ?1 ORDER BY id DESC", operation_id);
}

std::vector<Transaction> Records::of_boot(const std::string& boot_id) const {
  return read_transactions(source(), "WHERE boot_id = ?1 ORDER BY id DESC", boot_id);
}

std::vector<Transaction> Records::with_work_folder() const {
  return read_transactions(source(), "WHERE work_folder IS NOT NULL ORDER BY id");
}

std::vector<Step> Records::steps(std::int64_t transaction_id) const {
  return read_steps(source(), transaction_id);
}

std::optional<Operation> Records::open_operation() const {
  return first(read_operations(
      source(),
      "WHERE state NOT IN ('settled', 'undone', 'inconsistent') ORDER BY id DESC LIMIT 1"));
}

std::optional<Operation> Records::find_operation(std::int64_t id) const {
  return first(read_operations(source(), "WHERE id = ?1", id));
}

Operation Records::operation(std::int64_t id) const {
  return only(find_operation(id), source(), "operation " + std::to_string(id));
}

std::vector<Operation> Records::updates_since(const std::string& opened_at) const {
  return read_operations(source(), "WHERE kind = 'update' AND opened_at >= ?1 ORDER BY id DESC",
                         opened_at);
}

std::vector<Event> Records::events(std::int64_t transaction_id) const {
  return transaction_id == 0
             ? read_events(source(), "WHERE txn_id IS NULL ORDER BY id", 0)
             : read_events(source(), "WHERE txn_id = ?1 ORDER BY id", transaction_id);
}

std::vector<Event> Records::events_after(std::int64_t event_id, std::int64_t limit) const {
  const std::string most = limit > 0 ? " LIMIT " + std::to_string(limit) : "";
  return read_events(source(), "WHERE id > ?1 ORDER BY id" + most, event_id);
}

std::vector<Owned> Records::owned() const { return read_owned(source()); }

std::vector<std::string> Records::damaged_meta() const {
  const std::optional<Source> from = source();
  std::vector<std::string> keys = rows<std::string>(
      from, "SELECT key, value, " + since_schema(from, 4, "sum") + " FROM meta", std::int64_t{0},
      [](SQLite::Statement& row) {
        const std::string key = row.getColumn(0).getString();
        return is_damaged(row.getColumn(2), fact_sum(key, row.getColumn(1).getString())) ? key : "";
      });
  std::erase(keys, "");
  return keys;
}

std::optional<std::string> Records::meta(const std::string& key) const {
  return first(
      rows<std::string>(source(), "SELECT value FROM meta WHERE key = ?1", key,
                        [](SQLite::Statement& row) { return row.getColumn(0).getString(); }));
}

}  // namespace journal
