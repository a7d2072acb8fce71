#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actions/machine/call_observer.h"
#include "actions/machine/this_process.h"

namespace machine {

// One fault of one process: its call, and what happens there. Written "CALL:KIND", e.g.
// "17:fail=5", "services.start#2:kill-after". CALL: the n-th call of the process (1 ..), or the
// k-th call of a name ("files.rename", "journal.commit#3"). KIND: fail=CODE (the call is not made,
// the system answers CODE), fail-after=CODE (made, but reported as failed), kill-before,
// kill-after, takes=SECONDS (a hang that ends: the call is made when that time has passed on the
// machine's clock), slow=SECONDS (this call and each later one take so long).
struct Fault {
  enum class Kind { kFail, kFailAfter, kKillBefore, kKillAfter, kTakes, kSlow };
  std::int64_t number = 0;  // 0: by name
  std::string name;
  std::int64_t occurrence = 1;
  Kind kind = Kind::kFail;
  std::int64_t value = 0;  // Win32 error code, or seconds
};
// Returns nullopt if the text does not have that form.
std::optional<Fault> fault_from(std::string_view text);

// Makes one fault happen, and counts calls. Only in programs that are linked with it. `kill` is
// kill_this_process(), which unwinds nothing, or a test's own function; if that returns, the call
// goes on. With `hurry` > 1 waits take that part of their time (CallObserver).
class FaultObserver final : public CallObserver {
 public:
  explicit FaultObserver(std::optional<Fault> fault, std::int64_t hurry = 1,
                         std::function<void()> kill = kill_this_process)
      : fault_(std::move(fault)), hurry_(hurry), kill_(std::move(kill)) {}
  void before(const Call& call) override;
  void after(const Call& call) override;
  void attached_to(Machine& machine) override { machine_ = &machine; }
  std::int64_t hurried(std::int64_t wait_ms) override { return wait_ms / hurry_; }

  std::int64_t calls() const { return calls_; }
  bool happened() const { return happened_; }

 private:
  bool is_due(const Call& call) const;
  void let_pass();
  std::optional<Fault> fault_;
  std::int64_t hurry_;
  std::function<void()> kill_;
  Machine* machine_ = nullptr;
  std::int64_t calls_ = 0;
  std::int64_t of_name_ = 0;
  bool happened_ = false;
};

}  // namespace machine
