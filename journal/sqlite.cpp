#include "journal/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <charconv>

namespace journal {
namespace {

// What the operating system calls a full disk or a used-up quota.
bool is_no_space(int system_code) {
#ifdef _WIN32
  return system_code == 112 || system_code == 39 || system_code == 1295;  // DISK_FULL, QUOTA
#else
  return system_code == ENOSPC || system_code == EDQUOT;
#endif
}

errors::ExitCode exit_code(const SQLite::Exception& error, sqlite3* handle) {
  switch (error.getErrorCode()) {
    case SQLITE_FULL:
      return errors::ExitCode::kDiskFull;
    case SQLITE_BUSY:
      return errors::ExitCode::kBusy;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      // The -shm is made of real bytes; that its growth fails has no other cause that we know.
      if (error.getExtendedErrorCode() == SQLITE_IOERR_SHMSIZE ||
          (handle != nullptr && is_no_space(sqlite3_system_errno(handle)))) {
        return errors::ExitCode::kDiskFull;
      }
      break;
    default:
      break;
  }
  return errors::ExitCode::kJournalUnusable;
}

}  // namespace

errors::Failure sqlite_failure(const SQLite::Exception& error, sqlite3* handle, std::string api,
                               std::string object, std::string tried) {
  return {exit_code(error, handle), std::move(object), std::move(tried),
          errors::SystemError{std::move(api), error.getExtendedErrorCode(), error.what()}};
}

bool means_damage(const SQLite::Exception& error) {
  const int code = error.getErrorCode();
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB ||
         error.getExtendedErrorCode() == SQLITE_IOERR_SHORT_READ;
}

void trust_schema(const SQLite::Database& database) {
  first_text(database, "PRAGMA trusted_schema = ON");
}

std::string first_text(const SQLite::Database& database, const std::string& sql) {
  SQLite::Statement statement(database, sql);
  return statement.executeStep() ? statement.getColumn(0).getString() : std::string{};
}

int integer(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace journal
