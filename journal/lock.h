#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace journal {

// The one-writer lock: an OS lock on a file, which goes with its process however that ends, and
// which children do not inherit. The file holds a line about its holder, "1234 enable", for
// messages only.
class Lock {
 public:
  // Tries for at most `patience` of real time. Throws kBusy with the holder's line, or
  // kJournalUnusable if the file cannot be made.
  static std::unique_ptr<Lock> acquire(const std::string& native_path, const std::string& holder,
                                       std::chrono::milliseconds patience);
  // Returns the holder's line while a process has the lock, else nullopt. Makes no file, waits for
  // nothing and writes nothing; who tries to take the lock at this very moment tries once more.
  // Throws kJournalUnusable if the file cannot be opened.
  static std::optional<std::string> holder(const std::string& native_path);
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock();

 private:
  struct State;
  explicit Lock(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace journal
