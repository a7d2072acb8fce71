// By the C runtime alone: what asks Windows itself is in actions/machine/windows/, of which the
// journal knows nothing.
#include <fcntl.h>
#include <io.h>
#include <share.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <thread>
#include <utility>

#include "errors/failure.h"
#include "journal/lock.h"
#include "journal/path.h"

namespace journal {
namespace {

using errors::ExitCode;
using errors::Failure;
using errors::SystemError;

constexpr std::chrono::milliseconds kPause{20};
constexpr unsigned long kSharingViolation = 32;  // winerror.h

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::_close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

// Asks for more than reading, so that a second one of these fails while the first is open.
Descriptor open_to_write(const std::string& path) {
  return Descriptor(::_wsopen(to_path(path).c_str(), _O_RDWR | _O_CREAT | _O_BINARY | _O_NOINHERIT,
                              _SH_DENYWR, _S_IREAD | _S_IWRITE));
}

std::string first_line(const std::string& path) {
  const Descriptor file(
      ::_wsopen(to_path(path).c_str(), _O_RDONLY | _O_BINARY | _O_NOINHERIT, _SH_DENYNO, 0));
  std::array<char, 256> bytes{};
  const int count = file.get() < 0 ? -1 : ::_read(file.get(), bytes.data(), bytes.size());
  std::string line(bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  line.resize(std::min(line.find('\n'), line.size()));
  return line.empty() ? "an unknown process" : line;
}

// For messages only: that it cannot be written changes nothing.
void write_line(const Descriptor& file, const std::string& holder) {
  const std::string line = holder.substr(0, holder.find('\n')) + "\n";
  if (::_chsize(file.get(), 0) != 0) return;
  [[maybe_unused]] const int written =
      ::_write(file.get(), line.data(), static_cast<unsigned>(line.size()));
}

}  // namespace

// The open file is the lock: it shares reading only (_SH_DENYWR), goes with its process, is not
// inherited, and can be neither deleted nor renamed meanwhile. That the folder is ours alone is its
// maker's care. Rejected: _locking, whose second caller waits for ten seconds in the runtime.
struct Lock::State {
  explicit State(Descriptor locked) : file(std::move(locked)) {}
  Descriptor file;
};

std::unique_ptr<Lock> Lock::acquire(const std::string& native_path, const std::string& holder,
                                    std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    _doserrno = 0;
    Descriptor file = open_to_write(native_path);
    if (file.get() >= 0) {
      write_line(file, holder);
      return std::unique_ptr<Lock>(new Lock(std::make_unique<State>(std::move(file))));
    }
    const int error = errno;
    const unsigned long code = _doserrno;
    if (code != kSharingViolation) {
      throw Failure(ExitCode::kJournalUnusable, native_path, "take the journal's lock",
                    SystemError{"_wsopen", static_cast<std::int64_t>(code),
                                std::generic_category().message(error)});
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Failure(ExitCode::kBusy, native_path,
                    "take the journal's lock, which is held by " + first_line(native_path));
    }
    std::this_thread::sleep_for(kPause);
  }
}

Lock::Lock(std::unique_ptr<State> state) : state_(std::move(state)) {}

Lock::~Lock() { [[maybe_unused]] const int result = ::_chsize(state_->file.get(), 0); }

}  // namespace journal
