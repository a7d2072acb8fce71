// Opens the journal for writing: read-only? damaged? too new? settings, schema. In this order,
// because a check must not spoil the next one.
#include <sqlite3.h>

#include <array>
#include <filesystem>

#include "journal/damage.h"
#include "journal/log_tail.h"
#include "journal/path.h"
#include "journal/schema_files.h"
#include "journal/schema_sum.h"
#include "journal/state.h"
#include "journal/writable.h"

namespace journal {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;
using DatabasePointer = std::unique_ptr<SQLite::Database>;

static_assert(kSchemaFiles.size() == kSchemaVersion,
              "kSchemaVersion is the number of the newest file");

// The oldest schema whose programs may write a journal of ours: meta.min_program.
constexpr int kFirstSchemaToWrite = 1;

// Up to here a whole quick_check is a matter of milliseconds.
constexpr std::uintmax_t kSmallFile = 1024 * 1024;

// Either a database that can be written, or what is wrong with the file.
struct Opened {
  DatabasePointer database;
  std::string damage;
  bool fresh = false;  // has no tables yet
};

// -wal and -shm come into being by reading. A journal that we then refuse to touch is left as
// found.
class SideFiles {
 public:
  explicit SideFiles(const std::string& path)
      : wal_(to_path(path + "-wal")),
        shm_(to_path(path + "-shm")),
        had_wal_(fs::exists(wal_)),
        had_shm_(fs::exists(shm_)) {}

  void remove_new() const {
    std::error_code error;
    if (!had_wal_) fs::remove(wal_, error);
    if (!had_shm_) fs::remove(shm_, error);
  }

 private:
  fs::path wal_;
  fs::path shm_;
  bool had_wal_;
  bool had_shm_;
};

void checkpoint_on_close(const SQLite::Database& database, bool wanted) {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, wanted ? 0 : 1,
                    nullptr);
}

// integrity_check of everything where it is cheap or where there is reason for doubt: not closed in
// order, or an operation under way. Else (large, closed in order, settled) of the tables by which
// this program acts, and not of the history, and without comparing indexes with tables.
std::string check(const SQLite::Database& database, const std::string& path, bool in_order) {
  std::error_code error;
  const bool small = fs::file_size(to_path(path), error) <= kSmallFile && !error;
  const bool settled =
      first_text(database,
                 "SELECT count(*) FROM operation WHERE state NOT IN ('settled', 'undone')") == "0";
  if (small || !in_order || !settled) return first_text(database, "PRAGMA integrity_check(1)");
  for (const char* table : {"meta", "operation", "txn", "owned"}) {
    std::string answer = first_text(database, std::string("PRAGMA quick_check(") + table + ")");
    if (answer != "ok") return answer;
  }
  return "ok";
}

// Sets each pragma, reads it back and refuses a journal that has it otherwise.
void configure(SQLite::Database& database, const std::string& path) {
  struct Setting {
    const char* name;
    const char* set;
    const char* read_back;
  };
  static constexpr std::array<Setting, 7> kSettings{{
      {"foreign_keys", "ON", "1"},
      {"trusted_schema", "ON", "1"},
      {"cell_size_check", "ON", "1"},
      {"recursive_triggers", "OFF", "0"},
      {"journal_mode", "WAL", "wal"},
      {"synchronous", "FULL", "2"},
      {"wal_autocheckpoint", "0", "0"},  // at a command's end instead: checkpoint()
  }};
  for (const Setting& setting : kSettings) {
    const std::string pragma = std::string("PRAGMA ") + setting.name;
    first_text(database, pragma + " = " + setting.set);
    const std::string found = first_text(database, pragma);
    if (found != setting.read_back) {
      throw Failure(ExitCode::kJournalUnusable, path,
                    "open the journal with " + std::string(setting.name) + " = " + setting.set +
                        " (it is " + found + ")");
    }
  }
}

void refuse_too_new(const SQLite::Database& database, const std::string& path) {
  const std::string wanted =
      first_text(database, "SELECT value FROM meta WHERE key = 'min_program'");
  if (integer(wanted) <= kSchemaVersion) return;
  throw Failure(ExitCode::kJournalTooNew, path,
                "write the journal, which a newer version has reserved for programs of schema " +
                    wanted + " and later (this one has schema " + std::to_string(kSchemaVersion) +
                    ")");
}

// A new file, or one whose making was interrupted before its first commit.
bool is_fresh(const SQLite::Database& database) {
  return first_text(database, "PRAGMA application_id") == "0" &&
         integer(first_text(database, "PRAGMA page_count")) <= 1 &&
         first_text(database, "SELECT count(*) FROM sqlite_master") == "0";
}

// Returns the damage of the database, or "". Throws Failure, and SQLite::Exception for damage that
// SQLite finds.
std::string look(SQLite::Database& database, const std::string& path, bool in_order,
                 const std::string& torn_in_boot) {
  if (integer(first_text(database, "PRAGMA application_id")) != kApplicationId) {
    return "is a database of another program";
  }
  const int version = integer(first_text(database, "PRAGMA user_version"));
  if (version < 1) return "has no schema";
  refuse_too_new(database, path);
  if (version <= kSchemaVersion && schema_sum(database) != sound_schema_sum(version))
    return "has a damaged schema";
  if (!torn_in_boot.empty() &&
      first_text(database, "SELECT boot_id FROM txn ORDER BY id DESC LIMIT 1") == torn_in_boot)
    return "has a damaged -wal: its last commit cannot be read";
  const std::string answer = check(database, path, in_order);
  return answer == "ok" ? "" : "failed its check: " + answer;
}

// SQLITE_ERROR while looking: the schema's own text is damaged ("no such table: meta").
bool is_damage(const SQLite::Exception& error) {
  return means_damage(error) || error.getErrorCode() == SQLITE_ERROR;
}

// `torn_in_boot`: the machine's boot, where the -wal ends as if a power cut had torn it; else "".
Opened open_database(const std::string& path, const std::string& torn_in_boot = "") {
  const bool in_order = closed_in_order(path);
  const SideFiles side_files(path);
  Opened opened;
  try {
    opened.database = std::make_unique<SQLite::Database>(
        path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOFOLLOW, kBusyMs);
  } catch (const SQLite::Exception& error) {
    throw sqlite_failure(error, nullptr, "sqlite3_open_v2", path, "open the journal");
  }
  SQLite::Database& database = *opened.database;
  try {
    checkpoint_on_close(database, false);
    trust_schema(database);
    if (sqlite3_db_readonly(database.getHandle(), "main") == 1) {
      throw Failure(ExitCode::kJournalUnusable, path, "write the journal, which is read-only");
    }
    opened.fresh = is_fresh(database);
    if (!opened.fresh) opened.damage = look(database, path, in_order, torn_in_boot);
    if (opened.damage.empty()) configure(database, path);
    checkpoint_on_close(database, opened.damage.empty());
  } catch (const SQLite::Exception& error) {
    if (!is_damage(error)) {
      throw sqlite_failure(error, database.getHandle(), "sqlite3_step", path, "open the journal");
    }
    opened.damage = std::string("cannot be read: ") + error.what();
  } catch (const Failure&) {
    opened.database.reset();
    side_files.remove_new();
    throw;
  }
  if (!opened.damage.empty()) opened.database.reset();
  return opened;
}

bool has_damaged_one(const std::string& path) {
  const std::string prefix = to_utf8(to_path(path).filename()) + ".damaged-";
  for (const auto& entry : fs::directory_iterator(to_path(path).parent_path())) {
    if (to_utf8(entry.path().filename()).starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

std::unique_ptr<Journal> Journal::open(const OpenOptions& options) {
  const std::string& path = options.path;
  refuse_read_only_folder(to_utf8(to_path(path).parent_path()));
  std::vector<std::string> notes;
  for (const char* side : {"", "-wal", "-shm"}) {
    if (make_writable(path + side))
      notes.push_back(path + side + " was read-only; the attribute was taken away");
  }
  std::string damage = options.damage.empty() ? damage_of_files(path) : options.damage;
  std::error_code error;
  const bool was_there = fs::exists(to_path(path), error);
  const LogTail tail = tail_of_log(path + "-wal");
  if (damage.empty() && tail == LogTail::kDamaged) damage = "has a damaged -wal";

  Opened opened;
  if (damage.empty()) {
    opened = open_database(path, tail == LogTail::kTorn ? options.boot_id : "");
    damage = opened.damage;
  }
  std::string aside;
  if (!damage.empty()) {
    aside = set_aside(path, options.utc_ms());
    opened = open_database(path);
    if (!opened.damage.empty()) {
      throw Failure(ExitCode::kJournalUnusable, path, "make a new journal, which " + opened.damage);
    }
  }

  std::vector<std::string> warnings;
  if (!damage.empty()) {
    warnings.push_back("The journal " + damage + "; it was set aside as " + aside +
                       " and a new one made");
  } else if (opened.fresh && was_there) {
    warnings.emplace_back(
        "The journal was empty, as if its making had been interrupted; made anew");
  } else if (opened.fresh && has_damaged_one(path)) {
    warnings.emplace_back(
        "A damaged journal lies beside the new one, as if its setting aside had been interrupted");
  }
  if (!options.lost.empty()) warnings.push_back(options.lost);
  auto state = std::make_unique<State>(options, std::move(opened.database));
  state->set_aside = aside;
  state->notes = notes;
  std::unique_ptr<Journal> journal(new Journal(std::move(state)));
  journal->bring_up_to_date(warnings);
  return journal;
}

void Journal::bring_up_to_date(const std::vector<std::string>& warnings) {
  const std::vector<std::string> found = state_->column("PRAGMA user_version");
  const int version = integer(found.empty() ? "" : found.front());
  if (version >= kSchemaVersion && warnings.empty() && state_->notes.empty()) return;
  Commit commit(*this);
  for (int next = version + 1; next <= kSchemaVersion; ++next) {
    const auto& [name, sql] = kSchemaFiles.at(static_cast<std::size_t>(next - 1));
    state_->run_script(std::string(name), std::string(sql));
  }
  if (version < kSchemaVersion) {
    state_->run_script("user_version", "PRAGMA user_version = " + std::to_string(kSchemaVersion));
    commit.put_meta("schema", std::to_string(kSchemaVersion));
  }
  if (version == 0) {
    state_->run_script("application_id",
                       "PRAGMA application_id = " + std::to_string(kApplicationId));
    commit.put_meta("min_program", std::to_string(kFirstSchemaToWrite));
    commit.put_meta("machine_id", state_->options.machine_id);
    commit.put_meta("created", state_->now());
  }
  for (const std::string& warning : warnings)
    commit.event(0, Level::kWarning, warning);
  for (const std::string& note : state_->notes)
    commit.event(0, Level::kWarning, note);
  if (!warnings.empty()) commit.put_meta(kTakeOver, "1");
  for (const auto& [key, value] : state_->options.facts)
    commit.put_meta(key, value);
  commit.finish();
}

}  // namespace journal
