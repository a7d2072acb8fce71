#include "tests/golden/journal_lines.h"

#include <sqlite3.h>

#include <array>
#include <iomanip>
#include <sstream>
#include <string_view>

#include "journal/journal.h"
#include "journal/sqlite.h"
#include "tests/lab/temporary_folder.h"

namespace golden {
namespace {

struct Table {
  std::string_view name;
  std::array<std::string_view, 2> key;  // the second may be ""
  std::string_view fixed;               // columns that are one line; "" for none
  std::vector<std::string_view> single;
};

const std::vector<Table>& tables() {
  static const std::vector<Table> kTables{
      {"meta", {"key", ""}, "value", {}},
      {"operation",
       {"id", ""},
       "",
       {"kind", "state", "from_version", "to_version", "handler", "package", "sequence_number",
        "cause", "failed_command", "opened_at", "undoing_at", "settled_at"}},
      {"txn", {"id", ""}, "", {"operation_id",    "command",
                               "state",           "program_version",
                               "payload_version", "machine_id",
                               "boot_id",         "undo_boot_id",
                               "process_id",      "sequence_number",
                               "work_folder",     "recovered",
                               "attempts",        "code",
                               "cause",           "undo_failure",
                               "result",          "started_at",
                               "ended_at",        "duration_ms"}},
      {"step",
       {"txn_id", "position"},
       "",
       {"kind", "target", "sentence", "vital", "state", "parameters", "before_image", "after_image",
        "error", "undo_error", "foreign_objects", "armed_at", "ended_at", "undone_at",
        "duration_ms"}},
      {"event", {"id", ""}, "txn_id, level, text", {"at"}},
      {"owned", {"kind", "name"}, "sha256, file_id, size, version", {}}};
  return kTables;
}

std::string padded(const std::string& number, int width) {
  std::ostringstream out;
  out << std::setw(width) << std::setfill('0') << number;
  return out.str();
}

std::string key_text(const Table& table, SQLite::Statement& row) {
  std::string first = row.getColumn(0).getString();
  if (row.getColumn(0).getType() == SQLITE_INTEGER) first = padded(first, 4);
  if (table.key[1].empty()) return first;
  std::string second = row.getColumn(1).getString();
  if (row.getColumn(1).getType() == SQLITE_INTEGER) second = padded(second, 2);
  return first + "/" + second;
}

// The key's columns as literals. Names and keys have no quotes.
std::string key_literals(const Table& table, const std::string& key) {
  const auto literal = [](std::string_view name, const std::string& text) {
    const bool number = name == "id" || name == "txn_id" || name == "position";
    return number ? std::to_string(std::stoll(text)) : "'" + text + "'";
  };
  if (table.key[1].empty()) return literal(table.key[0], key);
  const std::size_t slash = key.find('/');
  return literal(table.key[0], key.substr(0, slash)) + ", " +
         literal(table.key[1], key.substr(slash + 1));
}

std::string on_one_line(std::string literal) {
  for (std::size_t at = literal.find('\n'); at != std::string::npos; at = literal.find('\n', at))
    literal.replace(at, 1, "'||char(10)||'");
  return literal;
}

// "a, b" -> "quote(a) || ', ' || quote(b)"
std::string quoted(std::string_view columns) {
  std::string sql = "quote(";
  for (const char c : columns) {
    if (c == ',') {
      sql += ") || ', ' || quote(";
    } else if (c != ' ') {
      sql += c;
    }
  }
  return sql + ")";
}

void add_table(Lines& lines, const SQLite::Database& database, const Table& table) {
  std::string sql = "SELECT " + std::string(table.key[0]) + ", " +
                    (table.key[1].empty() ? "1" : std::string(table.key[1]));
  if (!table.fixed.empty()) sql += ", " + quoted(table.fixed);
  for (const std::string_view name : table.single)
    sql += ", quote(" + std::string(name) + ")";
  SQLite::Statement row(database, sql + " FROM " + std::string(table.name));
  while (row.executeStep()) {
    const std::string key = std::string(table.name) + " " + key_text(table, row);
    int at = 2;
    if (!table.fixed.empty()) lines[key] = on_one_line(row.getColumn(at++).getString());
    for (const std::string_view name : table.single) {
      const std::string literal = row.getColumn(at++).getString();
      if (literal != "NULL") lines[key + " " + std::string(name)] = on_one_line(literal);
    }
  }
}

struct Row {
  std::string columns;
  std::string values;
};

void insert(SQLite::Database& database, const Table& table, const Lines& lines) {
  const std::string prefix = std::string(table.name) + " ";
  std::map<std::string, Row> rows;
  for (const auto& [key, value] : those_under(lines, prefix)) {
    const std::string rest = key.substr(prefix.size());
    // A name of what is owned may have spaces; a key that is followed by a column has none.
    const std::size_t space = table.single.empty() ? std::string::npos : rest.find(' ');
    const std::string name(space == std::string::npos ? table.fixed : rest.substr(space + 1));
    Row& row = rows[rest.substr(0, space)];
    row.columns += ", " + name;
    row.values += ", " + value;
  }
  for (const auto& [key, row] : rows) {
    const std::string keys =
        std::string(table.key[0]) + (table.key[1].empty() ? "" : ", " + std::string(table.key[1]));
    database.exec("INSERT INTO " + prefix + "(" + keys + row.columns + ") VALUES (" +
                  key_literals(table, key) + row.values + ")");
  }
}

// Bytes of a journal of schema 1 without rows, made once. Of schema 1 whatever the newest is.
const std::string& empty_journal() {
  static const std::string kBytes = [] {
    const lab::TemporaryFolder folder;
    const std::string path = (folder.path() / "journal.db").string();
    {
      SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      journal::trust_schema(database);
      database.exec("PRAGMA journal_mode = WAL");
      database.exec(lab::read_file(EBPF_TEST_SOURCE "/journal/schema/0001_initial.sql"));
      database.exec("PRAGMA user_version = 1");
      database.exec("PRAGMA application_id = " + std::to_string(journal::kApplicationId));
    }
    return lab::read_file(path);
  }();
  return kBytes;
}

std::vector<std::string> texts(const SQLite::Database& database, const std::string& sql) {
  std::vector<std::string> all;
  SQLite::Statement row(database, sql);
  while (row.executeStep())
    all.push_back(row.getColumn(0).getString());
  return all;
}

}  // namespace

Lines journal_lines(const std::filesystem::path& database_path) {
  const lab::TemporaryFolder folder;  // reading a journal with its -wal would write it
  for (const char* tail : {"", "-wal"}) {
    const std::string from = database_path.string() + tail;
    if (std::filesystem::exists(from))
      std::filesystem::copy_file(from, folder.path() / ("journal.db" + std::string(tail)));
  }
  SQLite::Database database((folder.path() / "journal.db").string(), SQLite::OPEN_READWRITE);
  journal::trust_schema(database);
  Lines lines;
  if (texts(database, "SELECT name FROM sqlite_master WHERE name = 'meta'").empty()) return lines;
  for (const Table& table : tables())
    add_table(lines, database, table);
  lines["meta schema"] = "'1'";  // a newer program has brought it up to date: columns are no rows
  SQLite::Statement row(database, "SELECT name, seq FROM sqlite_sequence");
  while (row.executeStep())
    lines["sequence " + row.getColumn(0).getString()] = row.getColumn(1).getString();
  return lines;
}

void write_journal(const std::filesystem::path& path, const Lines& lines) {
  lab::write_file(path, empty_journal());
  SQLite::Database database(path.string(), SQLite::OPEN_READWRITE);
  journal::trust_schema(database);
  database.exec("PRAGMA synchronous = OFF; BEGIN");
  const std::string is_trigger = " FROM sqlite_master WHERE type = 'trigger'";
  const auto law = texts(database, "SELECT sql" + is_trigger);
  for (const std::string& name : texts(database, "SELECT name" + is_trigger))
    database.exec("DROP TRIGGER " + name);
  for (const Table& table : tables())
    insert(database, table, lines);
  database.exec("DELETE FROM sqlite_sequence");
  for (const auto& [key, value] : those_under(lines, "sequence "))
    database.exec("INSERT INTO sqlite_sequence (name, seq) VALUES ('" + key.substr(9) + "', " +
                  value + ")");
  for (const std::string& trigger : law)
    database.exec(trigger);
  database.exec("COMMIT");
}

std::vector<StepFact> step_facts(const Lines& lines) {
  std::vector<StepFact> facts;
  const std::string prefix = "step ";
  for (const auto& [key, value] : those_under(lines, prefix)) {
    if (!key.ends_with(" kind")) continue;
    StepFact fact;
    fact.key = key.substr(prefix.size(), key.size() - prefix.size() - 5);
    fact.transaction = fact.key.substr(0, fact.key.find('/'));
    fact.kind = column(lines, "step", fact.key, "kind");
    fact.state = column(lines, "step", fact.key, "state");
    fact.vital = column(lines, "step", fact.key, "vital") == "1";
    facts.push_back(fact);
  }
  return facts;
}

std::string column(const Lines& lines, const std::string& table, const std::string& key,
                   const std::string& name) {
  std::string line = table;
  line += ' ';
  line += key;
  line += ' ';
  line += name;
  const auto found = lines.find(line);
  if (found == lines.end()) return "";
  const std::string& literal = found->second;
  return literal.starts_with('\'') ? literal.substr(1, literal.size() - 2) : literal;
}

}  // namespace golden
