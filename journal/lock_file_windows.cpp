// By the C runtime alone: what asks Windows itself is in actions/machine/windows/, of which the
// journal knows nothing.
//
// The open file is the lock: it shares reading only (_SH_DENYWR), goes with its process, is not
// inherited, and can be neither deleted nor renamed meanwhile. That the folder is ours alone is its
// maker's care. Rejected: _locking, whose second caller waits for ten seconds in the runtime.
#include <fcntl.h>
#include <io.h>
#include <share.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "errors/failure.h"
#include "journal/lock_file.h"
#include "journal/path.h"

namespace journal {
namespace {

constexpr unsigned long kSharingViolation = 32;  // winerror.h

}  // namespace

// Asks for more than reading, so that a second one of these fails while the first is open.
std::optional<LockFile> LockFile::take(const std::string& native_path) {
  _doserrno = 0;
  LockFile file(::_wsopen(to_path(native_path).c_str(),
                          _O_RDWR | _O_CREAT | _O_BINARY | _O_NOINHERIT, _SH_DENYWR,
                          _S_IREAD | _S_IWRITE));
  if (file.descriptor_ >= 0) return file;
  const int error = errno;
  const unsigned long code = _doserrno;
  if (code == kSharingViolation) return std::nullopt;
  throw errors::Failure(errors::ExitCode::kJournalUnusable, native_path, "take the journal's lock",
                        errors::SystemError{"_wsopen", static_cast<std::int64_t>(code),
                                            std::generic_category().message(error)});
}

// Asks for what the holder's open file does not share, and shares all itself.
bool LockFile::is_taken(const std::string& native_path) {
  _doserrno = 0;
  const LockFile file(
      ::_wsopen(to_path(native_path).c_str(), _O_RDWR | _O_BINARY | _O_NOINHERIT, _SH_DENYNO, 0));
  if (file.descriptor_ >= 0) return false;
  const int error = errno;
  const unsigned long code = _doserrno;
  if (code == kSharingViolation) return true;
  if (error == ENOENT) return false;
  throw errors::Failure(errors::ExitCode::kJournalUnusable, native_path,
                        "see who has the journal's lock",
                        errors::SystemError{"_wsopen", static_cast<std::int64_t>(code),
                                            std::generic_category().message(error)});
}

std::string LockFile::read(const std::string& native_path) {
  const LockFile file(
      ::_wsopen(to_path(native_path).c_str(), _O_RDONLY | _O_BINARY | _O_NOINHERIT, _SH_DENYNO, 0));
  std::array<char, 256> bytes{};
  const int count =
      file.descriptor_ < 0 ? -1 : ::_read(file.descriptor_, bytes.data(), bytes.size());
  return {bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

void LockFile::write(const std::string& content) const {
  if (::_chsize(descriptor_, 0) != 0) return;
  ::_lseek(descriptor_, 0, SEEK_SET);
  [[maybe_unused]] const int written =
      ::_write(descriptor_, content.data(), static_cast<unsigned>(content.size()));
}

LockFile::~LockFile() {
  if (descriptor_ >= 0) ::_close(descriptor_);
}

}  // namespace journal
