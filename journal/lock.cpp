#include "journal/lock.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "errors/failure.h"
#include "journal/lock_file.h"
#include "journal/writable.h"

namespace journal {
namespace {

constexpr std::chrono::milliseconds kPause{20};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string holder_of(const std::string& native_path) {
  std::string line = first_line(LockFile::read(native_path));
  return line.empty() ? "an unknown process" : line;
}

}  // namespace

struct Lock::State {
  explicit State(LockFile taken) : file(std::move(taken)) {}
  LockFile file;
};

std::unique_ptr<Lock> Lock::acquire(const std::string& native_path, const std::string& holder,
                                    std::chrono::milliseconds patience) {
  make_writable(native_path);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (auto file = LockFile::take(native_path)) {
      file->write(first_line(holder) + "\n");
      return std::unique_ptr<Lock>(new Lock(std::make_unique<State>(std::move(*file))));
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      throw errors::Failure(errors::ExitCode::kBusy, native_path,
                            "take the journal's lock, which is held by " + holder_of(native_path));
    }
    std::this_thread::sleep_for(kPause);
  }
}

std::optional<std::string> Lock::holder(const std::string& native_path) {
  if (!LockFile::is_taken(native_path)) return std::nullopt;
  return holder_of(native_path);
}

Lock::Lock(std::unique_ptr<State> state) : state_(std::move(state)) {}

Lock::~Lock() { state_->file.write(""); }

}  // namespace journal
