// flock: dies with the last process that has the open file, and O_CLOEXEC keeps children that run
// another program from being that. Rejected: fcntl locks, which go with any close of the file.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "errors/failure.h"
#include "journal/lock_file.h"

namespace journal {
namespace {

using errors::ExitCode;
using errors::Failure;
using errors::SystemError;

// Not through a link: this is written to by root.
constexpr int kSafely = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

[[noreturn]] void fail(const std::string& path, const char* api) {
  const int code = errno;
  throw Failure(ExitCode::kJournalUnusable, path, "take the journal's lock",
                SystemError{api, code, std::generic_category().message(code)});
}

void check_is_file(int descriptor, const std::string& path) {
  struct stat found {};
  if (::fstat(descriptor, &found) != 0) fail(path, "fstat");
  if (!S_ISREG(found.st_mode)) {
    throw Failure(ExitCode::kJournalUnusable, path, "take the journal's lock, which is not a file");
  }
}

// False where somebody has put another file in the place of the one we locked.
bool still_there(int descriptor, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  return ::fstat(descriptor, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

}  // namespace

std::optional<LockFile> LockFile::take(const std::string& native_path) {
  for (;;) {
    LockFile file(::open(native_path.c_str(), O_RDWR | O_CREAT | kSafely, 0600));
    if (file.descriptor_ < 0) fail(native_path, "open");
    check_is_file(file.descriptor_, native_path);
    if (::flock(file.descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
      fail(native_path, "flock");
    }
    if (still_there(file.descriptor_, native_path)) return file;
  }
}

// Shares the lock for a moment: several of these do not see each other.
bool LockFile::is_taken(const std::string& native_path) {
  const LockFile file(::open(native_path.c_str(), O_RDONLY | kSafely));
  if (file.descriptor_ < 0 && errno == ENOENT) return false;
  if (file.descriptor_ < 0) fail(native_path, "open");
  return ::flock(file.descriptor_, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::string LockFile::read(const std::string& native_path) {
  const LockFile file(::open(native_path.c_str(), O_RDONLY | kSafely));
  std::array<char, 256> bytes{};
  const ssize_t count = ::read(file.descriptor_, bytes.data(), bytes.size());
  return {bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

void LockFile::write(const std::string& content) const {
  if (::ftruncate(descriptor_, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(descriptor_, content.data(), content.size(), 0);
}

LockFile::~LockFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace journal
