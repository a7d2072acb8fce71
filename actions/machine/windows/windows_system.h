#pragma once

#include "actions/machine/system.h"

namespace machine::windows {

// boot_id: a GUID in a volatile registry key, made by who asks first in a boot (administrators and
// SYSTEM may): such a key goes with the boot. Rejected: the boot time that the system tells, which
// moves when the clock is set, and counters of the prefetcher, which Server may not run.
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
  // Windows of the session that this process is in: of a service's, session 0. Others learn of it
  // when they sign in.
  void announce_environment() override;
};

}  // namespace machine::windows
