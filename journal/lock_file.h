#pragma once

#include <optional>
#include <string>
#include <utility>

namespace journal {

// The lock's file, for each operating system: lock_file_posix.cpp, lock_file_windows.cpp. The lock
// is released with this object, however the process ends.
class LockFile {
 public:
  // Returns nullopt if another process has the lock. Throws kJournalUnusable if the file cannot be
  // made or used.
  static std::optional<LockFile> take(const std::string& native_path);
  // Returns true while a process has the lock. A file that is missing is not made, and nobody has
  // it. Throws kJournalUnusable if the file cannot be opened.
  static bool is_taken(const std::string& native_path);
  // Returns at most 256 bytes of the holder's text; "" if it cannot be read.
  static std::string read(const std::string& native_path);

  LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  LockFile& operator=(LockFile&&) = delete;
  ~LockFile();

  // Replaces the file's content. It is for messages only, so a failure is ignored.
  void write(const std::string& content) const;

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;  // the C runtime's; -1: none
};

}  // namespace journal
