#include "actions/services/service_control.h"

#include <algorithm>
#include <utility>

#include "actions/context.h"
#include "actions/deadline.h"
#include "text/joined.h"

namespace actions::services {
namespace {

using errors::ExitCode;
using errors::Failure;
using errors::SystemError;
using machine::ServiceState;

constexpr std::int64_t kAcceptsNoStop = 1052;   // ERROR_INVALID_SERVICE_CONTROL
constexpr std::int64_t kTimeout = 1053;         // ERROR_SERVICE_REQUEST_TIMEOUT
constexpr std::int64_t kAlreadyRunning = 1056;  // ERROR_SERVICE_ALREADY_RUNNING
constexpr std::int64_t kStopsAlready = 1061;    // ERROR_SERVICE_CANNOT_ACCEPT_CTRL
constexpr std::int64_t kNotActive = 1062;       // ERROR_SERVICE_NOT_ACTIVE

// The manager's own word for a service that does not get where it should.
SystemError timeout(ServiceState state) {
  return {"QueryServiceStatusEx", kTimeout, "it is still " + std::string(machine::to_text(state))};
}

// The manager took all of the time for its answer: a service that does get there is not called hung
// for that.
constexpr std::int64_t kMomentMs = 2000;

// Somebody else stops or ends it at this moment; what starts it again then is asked once more.
bool is_too_early(const Failure& failure) {
  return has_code(failure, kStopsAlready) || has_code(failure, kNotActive);
}

bool refuses_stop(const Failure& failure) {
  return has_code(failure, kAcceptsNoStop) || has_code(failure, kTimeout) ||
         has_code(failure, kStopsAlready);
}

Deadline after_asking(machine::System& system, Deadline deadline) {
  const std::int64_t now = system.monotonic_ms();
  return now < deadline.at_ms ? deadline : Deadline{now + kMomentMs};
}

// In which Windows' manager sees that a process has ended.
class Moment {
 public:
  explicit Moment(machine::System& system) : system_(system) {}
  // Returns false if the moment has passed since the first call.
  bool wait() {
    if (!poll_) poll_.emplace(system_, Deadline{system_.monotonic_ms() + kMomentMs});
    return poll_->wait();
  }

 private:
  machine::System& system_;
  std::optional<Poll> poll_;
};

}  // namespace

bool does_not_stop(const Failure& failure) {
  return failure.code() == ExitCode::kStopDriver && refuses_stop(failure);
}

Deadline within(machine::Machine& machine, Deadline deadline,
                const std::optional<std::uint32_t>& patience_ms) {
  if (!patience_ms) return deadline;
  return {std::min(deadline.at_ms, machine.system().monotonic_ms() + *patience_ms)};
}

void wait_while_starting(machine::Machine& machine, std::string_view name, Deadline deadline) {
  Poll poll(machine.system(), deadline);
  for (;;) {
    const auto status = machine.services().status(name);
    if (!status || status->state != ServiceState::kStartPending || !poll.wait()) return;
  }
}

bool is_up(ServiceState state) {
  return state != ServiceState::kStopped && state != ServiceState::kStopPending;
}

bool has_died(machine::Machine& machine, const machine::ServiceStatus& status) {
  return status.state == ServiceState::kRunning && status.process_id != 0 &&
         !machine.services().process_alive(status.process_id);
}

bool is_pending(ServiceState state) {
  return state != ServiceState::kRunning && state != ServiceState::kStopped &&
         state != ServiceState::kPaused;
}

ServiceControl::ServiceControl(machine::Machine& machine, std::string name, Deadline deadline)
    : machine_(machine), name_(std::move(name)), deadline_(deadline) {}

std::uint32_t ServiceControl::start(ExitCode failure_code) {
  std::optional<Poll> poll(std::in_place, machine_.system(), deadline_);
  Moment moment(machine_.system());
  bool asked = false;
  for (;;) {
    const auto status = machine_.services().status(name_);
    if (!status) {
      throw Failure(failure_code, name_, "start service " + name_,
                    {"OpenService", 1060, "the service is not registered"});
    }
    const bool died = has_died(machine_, *status);
    if (status->state == ServiceState::kRunning && !died) return status->process_id;
    if (died && moment.wait()) continue;
    if (status->state == ServiceState::kStopped || died) {
      if (asked) {
        throw Failure(failure_code, name_, "start service " + name_,
                      {"QueryServiceStatusEx", status->exit_code, "it ended again while starting"});
      }
      ask_to_start();
      asked = true;
      poll.emplace(machine_.system(), after_asking(machine_.system(), deadline_));
      continue;
    }
    if (!poll->wait()) {
      throw Failure(failure_code, name_, "start service " + name_, timeout(status->state));
    }
  }
}

std::optional<Failure> ServiceControl::stop(std::uint32_t process_id) {
  std::optional<Poll> poll(std::in_place, machine_.system(), deadline_);
  Moment moment(machine_.system());
  bool asked = false;
  for (;;) {
    const auto status = machine_.services().status(name_);
    if (status && status->process_id != 0) process_id = status->process_id;
    const bool died = status && has_died(machine_, *status);
    if (died && moment.wait()) continue;
    const bool stopped = !status || status->state == ServiceState::kStopped || died;
    if (stopped && !machine_.services().process_alive(process_id)) return std::nullopt;
    if (!stopped && !asked && !is_pending(status->state)) {
      auto refused = ask_to_stop();
      if (!refused) {
        asked = true;
        poll.emplace(machine_.system(), after_asking(machine_.system(), deadline_));
        continue;
      }
      if (!is_too_early(*refused)) return refused;
    }
    if (!poll->wait()) return not_stopped(status, process_id);
  }
}

// Somebody else may have been quicker: the VM Agent's watchdog, the manager's failure actions.
void ServiceControl::ask_to_start() {
  try {
    machine_.services().start(name_);
  } catch (const Failure& failure) {
    if (!has_code(failure, kAlreadyRunning)) throw;
  }
}

std::optional<Failure> ServiceControl::ask_to_stop() {
  const auto dependents = machine_.services().active_dependents(name_);
  if (!dependents.empty()) {
    throw Failure(
        ExitCode::kStopDriver, name_, "stop service " + name_,
        {"ControlService", 1051, "running services depend on it: " + text::joined(dependents)});
  }
  try {
    machine_.services().stop(name_);
  } catch (const Failure& failure) {
    if (!refuses_stop(failure) && !is_too_early(failure)) throw;
    return Failure(ExitCode::kStopDriver, name_, "stop service " + name_, *failure.system());
  }
  return std::nullopt;
}

Failure ServiceControl::not_stopped(const std::optional<machine::ServiceStatus>& status,
                                    std::uint32_t process_id) const {
  if (status && status->state != ServiceState::kStopped) {
    return {ExitCode::kStopDriver, name_, "stop service " + name_, timeout(status->state)};
  }
  return {ExitCode::kStopDriver,
          name_,
          "see the end of service " + name_,
          {"OpenProcess", kTimeout,
           "it is stopped, but its process " + std::to_string(process_id) + " has not ended"}};
}

bool ServiceControl::wait_while_marked() {
  Poll poll(machine_.system(), deadline_);
  for (;;) {
    const auto status = machine_.services().status(name_);
    if (!status || !status->marked_for_deletion) return true;
    if (!poll.wait()) return false;
  }
}

}  // namespace actions::services
