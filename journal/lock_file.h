#pragma once

#include <optional>
#include <string>
#include <utility>

namespace journal {

// The file that is the lock, as an operating system has it: lock_file_posix.cpp,
// lock_file_windows.cpp. It is let go when this goes, however the process ends.
class LockFile {
 public:
  // nullopt: somebody else has it. Throws kJournalUnusable where the file cannot be made or used.
  static std::optional<LockFile> take(const std::string& native_path);
  // At most 256 bytes of what its holder has written; "" where that cannot be read.
  static std::string read(const std::string& native_path);

  LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  LockFile& operator=(LockFile&&) = delete;
  ~LockFile();

  // Replaces what is in it. For messages only: that it cannot be written changes nothing.
  void write(const std::string& content) const;

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;  // of the C runtime; -1: none
};

}  // namespace journal
