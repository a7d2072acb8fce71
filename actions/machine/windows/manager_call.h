#pragma once

#include <windows.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace machine::windows {

// A call of the Service Control Manager on a thread of its own. For a driver the manager answers
// only when the driver's own code has finished: StartService "after the device driver has completed
// its initialization" ("StartServiceW"), a stop after its unload routine; for a program within 30
// seconds. A driver that hangs there must not take this process's time. The thread owns only its
// handle and the place for the answer, and ends at the latest with the process.
class ManagerCall {
 public:
  // `call` returns a Win32 error code, 0 for success, and must own everything that it uses.
  template <class Call>
  static ManagerCall begin(Call call) {
    ManagerCall made;
    std::thread([answer = made.answer_, call = std::move(call)]() mutable {
      const DWORD code = Call(std::move(call))();  // its handle is closed before the answer
      const std::lock_guard lock(answer->mutex);
      answer->code = code;
      answer->given.notify_all();
    }).detach();
    return made;
  }

  // Returns the answer; nullopt if none comes within `time`, which may be 0.
  std::optional<DWORD> wait(std::chrono::milliseconds time) const {
    std::unique_lock lock(answer_->mutex);
    answer_->given.wait_for(lock, time, [this] { return answer_->code.has_value(); });
    return answer_->code;
  }

 private:
  struct Answer {
    std::mutex mutex;
    std::condition_variable given;
    std::optional<DWORD> code;
  };
  std::shared_ptr<Answer> answer_ = std::make_shared<Answer>();
};

}  // namespace machine::windows
