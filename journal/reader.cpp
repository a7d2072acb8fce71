#include "journal/reader.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <system_error>
#include <thread>

#include "errors/failure.h"
#include "journal/journal.h"
#include "journal/path.h"
#include "journal/rows.h"
#include "journal/schema_sum.h"

namespace journal {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;
using errors::SystemError;

Failure unreadable(const std::string& path, std::string tried) {
  return {ExitCode::kJournalUnusable, path, std::move(tried)};
}

std::uintmax_t size_or_zero(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

// A folder of our own under the temporary folder, gone with this object.
class PrivateFolder {
 public:
  PrivateFolder() {
    std::error_code error;
    const fs::path base = fs::temp_directory_path(error);
    remove_old_ones(base);
    std::random_device random;
    for (int attempt = 0; attempt < 100 && path_.empty() && !error; ++attempt) {
      fs::path candidate = base / (kPrefix + std::to_string(random()));
      if (fs::create_directory(candidate, error)) path_ = std::move(candidate);
    }
    if (path_.empty()) {
      throw Failure(ExitCode::kJournalUnusable, to_utf8(base), "make a folder for a private copy",
                    SystemError{"mkdir", error.value(), error.message()});
    }
    fs::permissions(path_, fs::perms::owner_all, error);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }

  const fs::path& path() const { return path_; }

 private:
  static constexpr const char* kPrefix = "ebpf-handler-journal-";

  // Of readers that were killed. A reader that runs is younger.
  static void remove_old_ones(const fs::path& base) {
    std::error_code error;
    const auto old = fs::file_time_type::clock::now() - std::chrono::hours(24);
    for (auto at = fs::directory_iterator(base, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
      std::error_code ignored;
      const bool ours = to_utf8(at->path().filename()).starts_with(kPrefix);
      if (!ours || !at->is_directory(ignored) || at->is_symlink(ignored)) continue;
      const auto written = at->last_write_time(ignored);
      if (!ignored && written < old) fs::remove_all(at->path(), ignored);
    }
  }

  fs::path path_;
};

// Salt and sequence number of the WAL: they change when a checkpoint has begun it anew.
std::string wal_header(const fs::path& wal) {
  std::string bytes(32, '\0');
  std::ifstream file(wal, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

void copy_one(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error) {
    throw Failure(ExitCode::kJournalUnusable, to_utf8(from), "copy the journal for reading",
                  SystemError{"copy", error.value(), error.message()});
  }
  fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, error);
}

// What changes when a writer has come: the WAL's header and, where there is no WAL, the database.
struct Stamp {
  std::string wal;
  std::uintmax_t size = 0;
  fs::file_time_type written = {};
  bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const fs::path& database) {
  Stamp stamp;
  stamp.wal = wal_header(fs::path(database) += "-wal");
  if (!stamp.wal.empty()) return stamp;
  std::error_code error;
  stamp.size = size_or_zero(database);
  stamp.written = fs::last_write_time(database, error);
  return stamp;
}

constexpr int kAttempts = 20;

void wait_for_writer() { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }

// Copies database and WAL as of one moment, without a lock, also while a writer commits. Sound
// because commits only append to the WAL (a torn tail is no commit), and because all that a
// checkpoint has put into the database while we copied it is in the WAL still, unless the WAL was
// begun anew, emptied or deleted meanwhile: then once more. A busy writer cannot keep us from it
// for long: it checkpoints once a command. Rejected: opening the live journal mode=ro, which leaves
// a -shm behind.
void copy_both(const fs::path& from, const fs::path& to) {
  const fs::path to_wal = fs::path(to) += "-wal";
  for (int attempt = 1;; ++attempt) {
    const Stamp stamp = stamp_of(from);
    const auto failure = errors::failure_in([&] {
      copy_one(from, to);
      std::error_code error;
      fs::remove(to_wal, error);
      if (!stamp.wal.empty()) copy_one(fs::path(from) += "-wal", to_wal);
    });
    if (!failure && stamp_of(from) == stamp) return;
    if (attempt < kAttempts) {
      wait_for_writer();
    } else if (failure) {
      throw Failure(*failure);
    } else {
      throw unreadable(to_utf8(from), "copy the journal while it is being written");
    }
  }
}

// SQLite's URI form of a native path: what could end the path or begin an escape is escaped.
std::string immutable_uri(const std::string& native_path) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : to_utf8(fs::absolute(to_path(native_path)).lexically_normal())) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '-' || c == '_' || c == ':';
    if (c == '\\') {
      uri += '/';
    } else if (plain) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
#ifdef _WIN32
  uri.insert(5, "///");  // file:///C:/...
#endif
  return uri + "?immutable=1";
}

}  // namespace

struct Reader::State {
  std::string path;
  Use use = Use::kOnce;
  std::vector<std::string> warnings;
  std::unique_ptr<PrivateFolder> folder;  // outlives the database in it
  std::unique_ptr<SQLite::Database> database;
  Stamp opened;  // unless a private copy is read
  int schema = 0;
  bool empty = false;  // made, and never written to: there are no tables
  std::chrono::steady_clock::time_point query_begun;

  void open();
  void open_once_more_beside_a_writer();
  void limit();
  bool is_overtaken() const { return folder == nullptr && stamp_of(to_path(path)) != opened; }
  void refuse_other_files();
  void warn_of_missing_commits(bool unfinished);
};

void Reader::State::open() {
  const fs::path file = to_path(path);
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    throw unreadable(path, "read the journal: no such file")
        .advise("Check the path that was given.");
  }
  if (size_or_zero(file) == 0) throw unreadable(path, "read the journal: the file is empty");
  std::string name;
  int flags = SQLite::OPEN_READONLY | SQLite::OPEN_URI;
  opened = stamp_of(file);
  if (use == Use::kOnce && size_or_zero(fs::path(file) += "-wal") == 0) {
    name = immutable_uri(path);
  } else {
    folder = std::make_unique<PrivateFolder>();
    copy_both(file, folder->path() / "journal.db");
    name = to_utf8(folder->path() / "journal.db");
    flags = SQLite::OPEN_READWRITE;  // it is ours: the WAL is read by recovering it
  }
  const char* api = "sqlite3_open_v2";
  try {
    database = std::make_unique<SQLite::Database>(name, flags);
    api = "sqlite3_step";
    limit();
    // The file may come from anywhere: its triggers and views do nothing that we did not ask for.
    sqlite3_db_config(database->getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    trust_schema(*database);
    first_text(*database, "PRAGMA query_only = ON");
    first_text(*database, "PRAGMA cell_size_check = ON");
    refuse_other_files();
    schema = integer(first_text(*database, "PRAGMA user_version"));
  } catch (const SQLite::Exception& failure) {
    throw sqlite_failure(failure, nullptr, api, path, "read the journal");
  }
}

// A query that takes longer is interrupted; a value that is longer is an error.
void Reader::State::limit() {
  constexpr int kInstructions = 100'000;  // some milliseconds
  query_begun = std::chrono::steady_clock::now();
  sqlite3_limit(database->getHandle(), SQLITE_LIMIT_LENGTH, kMostOfCell);
  sqlite3_progress_handler(
      database->getHandle(), kInstructions,
      [](void* state) {
        const auto taken =
            std::chrono::steady_clock::now() - static_cast<const State*>(state)->query_begun;
        return taken > std::chrono::seconds(kMostSeconds) ? 1 : 0;
      },
      this);
}

// A command may begin or end while the file is being opened.
void Reader::State::open_once_more_beside_a_writer() {
  for (int attempt = 1;; ++attempt) {
    const auto failure = errors::failure_in([this] { open(); });
    if (!failure) return;
    if (attempt == kAttempts || !is_overtaken()) throw Failure(*failure);
    database.reset();
    warnings.clear();
    wait_for_writer();
  }
}

void Reader::State::refuse_other_files() {
  empty = first_text(*database, "PRAGMA application_id") == "0" &&
          first_text(*database, "SELECT count(*) FROM sqlite_master") == "0";
  if (empty) {
    warnings.emplace_back("The journal is empty: its making was interrupted.");
    return;
  }
  if (first_text(*database, "PRAGMA application_id") != std::to_string(kApplicationId)) {
    throw unreadable(path, "read the journal: this is a database of another program");
  }
  // A view could go on for ever.
  if (first_text(*database,
                 "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN "
                 "('meta', 'operation', 'txn', 'step', 'event', 'owned') AND "
                 "sql NOT LIKE 'CREATE VIRTUAL%'") != "6")
    throw unreadable(path, "read the journal: its tables are not those of a journal");
  const std::string wanted =
      first_text(*database, "SELECT value FROM meta WHERE key = 'min_program'");
  if (integer(wanted) > kSchemaVersion) {
    throw Failure(ExitCode::kJournalTooNew, path,
                  "read the journal, which is for programs of schema " + wanted +
                      " and later (this one has schema " + std::to_string(kSchemaVersion) + ")");
  }
}

void Reader::State::warn_of_missing_commits(bool unfinished) {
  if (empty) return;
  if (folder != nullptr) return;
  const std::string wal = to_utf8(to_path(path).filename()) + "-wal";
  if (unfinished) {
    warnings.push_back("A transaction is open and there is no " + wal +
                       " beside the journal: the last commits may be missing. Copy both files.");
  } else {
    warnings.push_back("There is no " + wal +
                       " beside this file. If there was a journal.db-wal where it was copied, what "
                       "happened last is missing: copy both, and name them alike.");
  }
}

Reader::Reader(const std::string& native_path, Place place, Use use)
    : state_(std::make_unique<State>()) {
  state_->path = native_path;
  state_->use = place == Place::kWhereItLives ? use : Use::kOnce;
  state_->open_once_more_beside_a_writer();
  if (place != Place::kCopy) return;
  const std::vector<Transaction> open = unfinished();
  state_->warn_of_missing_commits(
      std::any_of(open.begin(), open.end(), [](const Transaction& transaction) {
        return transaction.state != TransactionState::kRebootNeeded;
      }));
}

Reader::~Reader() = default;

std::vector<std::string> Reader::integrity() const {
  constexpr std::size_t kMost = 100;
  std::vector<std::string> found;
  if (state_->empty) return found;
  try {
    // The whole file is to be read, however long that takes.
    sqlite3_progress_handler(state_->database->getHandle(), 0, nullptr, nullptr);
    SQLite::Statement pages(*state_->database, "PRAGMA integrity_check(100)");
    while (pages.executeStep()) {
      const std::string line = pages.getColumn(0).getString();
      if (line != "ok") found.push_back(line);
    }
    SQLite::Statement keys(*state_->database, "PRAGMA foreign_key_check");
    while (found.size() < kMost && keys.executeStep())
      found.push_back("a row of " + keys.getColumn(0).getString() + " refers to a row of " +
                      keys.getColumn(2).getString() + " that is not there");
    state_->limit();
  } catch (const SQLite::Exception& failure) {
    throw sqlite_failure(failure, nullptr, "sqlite3_step", state_->path, "check the journal");
  }
  return found;
}

bool Reader::has_sound_schema() const {
  if (state_->empty || state_->schema < 1 || state_->schema > kSchemaVersion) return true;
  return schema_sum(*state_->database) == sound_schema_sum(state_->schema);
}

bool Reader::is_overtaken() const { return state_->is_overtaken(); }

const std::vector<std::string>& Reader::warnings() const { return state_->warnings; }

std::optional<Source> Reader::source() const {
  if (state_->empty) return std::nullopt;
  state_->query_begun = std::chrono::steady_clock::now();
  return Source{*state_->database, state_->path, state_->schema, kMostBytes};
}

}  // namespace journal
