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
  std::string object;     // the path, service or key it is about
};

// An observer of every call. It may throw errors::Failure (the call then has not been made, or in
// after() has been made and reports failure), or end the process.
class CallObserver {
 public:
  CallObserver() = default;
  CallObserver(const CallObserver&) = delete;
  CallObserver& operator=(const CallObserver&) = delete;
  virtual ~CallObserver() = default;
  virtual void before(const Call& call) = 0;
  virtual void after(const Call& call) = 0;
  // The machine itself, past the observer: for one that lets time pass.
  virtual void attached_to(Machine& /*machine*/) {}
  // How long a wait of so many milliseconds really takes. The machine's monotonic clock goes on by
  // all of them, so that no deadline changes.
  virtual std::int64_t hurried(std::int64_t wait_ms) { return wait_ms; }
};

// A machine whose every call is told to `observer`, before it is made and after it has succeeded.
// Fault points are derived: a new call cannot be added without passing here, since its
// interface is abstract. `inner` and `observer` must outlive the result.
std::unique_ptr<Machine> observe(Machine& inner, CallObserver& observer);

}  // namespace machine
