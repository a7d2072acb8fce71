#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace journal {

// One writer. An OS lock on a file, gone with its process however that ends, not inherited by
// children. The file holds a line about its holder, "1234 enable", for messages only.
class Lock {
 public:
  // Tries again and again up to `patience` of real time. Throws kBusy with the holder's line, or
  // kJournalUnusable where the file cannot be made.
  static std::unique_ptr<Lock> acquire(const std::string& native_path, const std::string& holder,
                                       std::chrono::milliseconds patience);
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock();

 private:
  struct State;
  explicit Lock(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace journal
