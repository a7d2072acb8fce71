#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "actions/machine/machine.h"

namespace machine {

// One call of the machine's interfaces, or one commit of the journal.
struct Call {
  std::string_view name;  // "files.rename", "services.start", "journal.commit"
  std::string object;     // its path, service or key
};

// Observes every call. It may end the process, or throw errors::Failure: then before() has kept the
// call from being made, and after() lets a call that was made report a failure.
class CallObserver {
 public:
  CallObserver() = default;
  CallObserver(const CallObserver&) = delete;
  CallObserver& operator=(const CallObserver&) = delete;
  virtual ~CallObserver() = default;
  virtual void before(const Call& call) = 0;
  virtual void after(const Call& call) = 0;
  // Gives the observer the machine behind it: for an observer that lets time pass.
  virtual void attached_to(Machine& /*machine*/) {}
  // Returns how long a wait of `wait_ms` really takes. The machine's monotonic clock goes on by all
  // of `wait_ms`, so that no deadline changes.
  virtual std::int64_t hurried(std::int64_t wait_ms) { return wait_ms; }
};

// Returns a machine that tells `observer` of every call, before it is made and after it has
// succeeded. Fault points are derived: the interfaces are abstract, so that nobody can add a call
// that does not pass here. `inner` and `observer` must outlive the result.
std::unique_ptr<Machine> observe(Machine& inner, CallObserver& observer);

}  // namespace machine
