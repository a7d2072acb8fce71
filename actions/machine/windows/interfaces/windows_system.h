#pragma once

#include "actions/machine/system.h"

namespace machine::windows::interfaces {

// boot_id is a GUID in a volatile registry key, which goes with the boot; the first caller in a
// boot makes it (administrators and SYSTEM may). Rejected: the system's boot time, which moves when
// the clock is set, and counters of the prefetcher, which Server may not run.
class WindowsSystem final : public System {
 public:
  std::int64_t utc_ms() override;
  std::int64_t monotonic_ms() override;
  void wait_ms(std::int64_t milliseconds) override;
  std::string machine_id() override;
  std::string boot_id() override;
  int os_build() override;
  std::string architecture() override;
  std::string system_root() override;
  std::string program_files() override;
  std::string program_data() override;
  void flush() override;
  // Tells the windows of this process's session: session 0 for a service. Users of other sessions
  // see the change when they sign in.
  void announce_environment() override;
};

}  // namespace machine::windows::interfaces
