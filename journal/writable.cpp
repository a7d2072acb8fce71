#include "journal/writable.h"

#include <filesystem>
#include <system_error>

#include "errors/failure.h"
#include "journal/path.h"

namespace journal {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;

constexpr fs::perms kAnyWrite =
    fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;

bool is_read_only(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  return !error && fs::exists(status) && !fs::is_symlink(status) &&
         (status.permissions() & kAnyWrite) == fs::perms::none;
}

}  // namespace

bool make_writable(const std::string& path) {
  const fs::path file = to_path(path);
  std::error_code error;
  if (!is_read_only(file) || !fs::is_regular_file(fs::symlink_status(file, error))) return false;
  fs::permissions(file, fs::perms::owner_write, fs::perm_options::add, error);
  if (!is_read_only(file)) return true;
  throw Failure(ExitCode::kJournalUnusable, path, "write the journal's file, which is read-only",
                errors::SystemError{"chmod", error.value(), error.message()})
      .advise("Make it writable again, or move the journal out of the way.");
}

void refuse_read_only_folder([[maybe_unused]] const std::string& path) {
#ifndef _WIN32
  if (!is_read_only(to_path(path))) return;
  throw Failure(ExitCode::kJournalUnusable, path,
                "write into the journal's folder, which is read-only")
      .advise("Make it writable again, or move the journal out of the way.");
#endif
}

}  // namespace journal
