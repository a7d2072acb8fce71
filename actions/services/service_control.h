#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/machine/services.h"

namespace actions::services {

// Starts, stops and awaits one service within a deadline. The Service Control Manager only accepts
// a request; polling shows whether it came true, and a program is gone only when its process is (it
// reports "stopped" before it unloads its libraries: PS-28).
// ServiceControl asks first about what the manager would refuse for a known reason (1051, 1061,
// 1072). Where somebody else starts or stops the service just then (1056, 1061, 1062), it asks
// again.
class ServiceControl {
 public:
  ServiceControl(machine::Machine& machine, std::string name, Deadline deadline);

  // Starts the service and waits until it runs, with a process that is there. Returns its process,
  // 0 for a driver. Throws `failure_code`: at once where the service is missing, refuses to start
  // or ends again (PS-30); at the deadline where it is still pending.
  std::uint32_t start(errors::ExitCode failure_code);

  // Stops the service and waits until it is stopped or absent and its process has ended.
  // `process_id` is a process that it was known to have before, 0 for none. Returns why the service
  // does not stop (does_not_stop), at once where it accepts no stop; nullopt: it stopped. Throws
  // kStopDriver at once where running services depend on it.
  std::optional<errors::Failure> stop(std::uint32_t process_id = 0);

  // Waits until the service is not marked for deletion any more, i.e. gone. Returns false if it is
  // still marked at the deadline.
  bool wait_while_marked();

 private:
  void ask_to_start();
  std::optional<errors::Failure> ask_to_stop();
  errors::Failure not_stopped(const std::optional<machine::ServiceStatus>& status,
                              std::uint32_t process_id) const;

  machine::Machine& machine_;
  std::string name_;
  Deadline deadline_;
};

// Waits while the service is start-pending, which accepts no stop. Returns at the deadline where it
// still is.
void wait_while_starting(machine::Machine& machine, std::string_view name, Deadline deadline);

// Returns true if the service accepts no stop, or does not come to its end: only a boot ends it.
bool does_not_stop(const errors::Failure& failure);

// Returns the deadline by which a service with this patience has started.
Deadline within(machine::Machine& machine, Deadline deadline,
                const std::optional<std::uint32_t>& patience_ms);

// Running or on its way there: what a before-image must bring back as running.
bool is_up(machine::ServiceState state);
// The manager says that the service runs, for it has not seen yet that its process has ended.
// Wine's manager never does.
bool has_died(machine::Machine& machine, const machine::ServiceStatus& status);
// Neither running, stopped nor paused.
bool is_pending(machine::ServiceState state);

}  // namespace actions::services
