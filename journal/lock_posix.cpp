#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "errors/failure.h"
#include "journal/lock.h"

namespace journal {
namespace {

using errors::ExitCode;
using errors::Failure;
using errors::SystemError;

constexpr std::chrono::milliseconds kPause{20};

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void fail(const std::string& path, const char* api) {
  const int code = errno;
  throw Failure(ExitCode::kJournalUnusable, path, "take the journal's lock",
                SystemError{api, code, std::generic_category().message(code)});
}

// Not through a link, and a real file: this is written to by root.
Descriptor open_file(const std::string& path) {
  Descriptor file(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (file.get() < 0) fail(path, "open");
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) fail(path, "fstat");
  if (!S_ISREG(found.st_mode)) {
    throw Failure(ExitCode::kJournalUnusable, path, "take the journal's lock, which is not a file");
  }
  return file;
}

// False where somebody has put another file in the place of the one we locked.
bool still_there(const Descriptor& file, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  return ::fstat(file.get(), &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

std::string first_line(const Descriptor& file) {
  std::array<char, 256> bytes{};
  const ssize_t count = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  std::string line(bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  line.resize(std::min(line.find('\n'), line.size()));
  return line.empty() ? "an unknown process" : line;
}

// For messages only: that it cannot be written changes nothing.
void write_line(const Descriptor& file, const std::string& holder) {
  const std::string line = holder.substr(0, holder.find('\n')) + "\n";
  if (::ftruncate(file.get(), 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(file.get(), line.data(), line.size(), 0);
}

}  // namespace

// flock: dies with the last process that has the open file, and O_CLOEXEC keeps children that run
// another program from being that. Rejected: fcntl locks, which go with any close of the file.
struct Lock::State {
  explicit State(Descriptor locked) : file(std::move(locked)) {}
  Descriptor file;
};

std::unique_ptr<Lock> Lock::acquire(const std::string& native_path, const std::string& holder,
                                    std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    Descriptor file = open_file(native_path);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
      if (!still_there(file, native_path)) continue;
      write_line(file, holder);
      return std::unique_ptr<Lock>(new Lock(std::make_unique<State>(std::move(file))));
    }
    if (errno != EWOULDBLOCK && errno != EINTR) fail(native_path, "flock");
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Failure(ExitCode::kBusy, native_path,
                    "take the journal's lock, which is held by " + first_line(file));
    }
    std::this_thread::sleep_for(kPause);
  }
}

Lock::Lock(std::unique_ptr<State> state) : state_(std::move(state)) {}

Lock::~Lock() { [[maybe_unused]] const int result = ::ftruncate(state_->file.get(), 0); }

}  // namespace journal
