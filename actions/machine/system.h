#pragma once

#include <cstdint>
#include <string>

namespace machine {

// Time, identity and durability of the machine as a whole.
class System {
 public:
  System() = default;
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  virtual ~System() = default;

  virtual std::int64_t utc_ms() = 0;        // milliseconds since 1970-01-01 UTC
  virtual std::int64_t monotonic_ms() = 0;  // for deadlines; never goes back while the machine runs
  virtual void wait_ms(std::int64_t milliseconds) = 0;

  virtual std::string machine_id() = 0;  // MachineGuid: differs on a cloned and generalized machine
  virtual std::string boot_id() = 0;     // differs after each boot
  virtual int os_build() = 0;            // 20348
  virtual std::string architecture() = 0;  // "x64" or "arm64"

  virtual std::string system_root() = 0;    // "C:\\Windows"
  virtual std::string program_files() = 0;  // "C:\\Program Files"
  virtual std::string program_data() = 0;   // "C:\\ProgramData"

  // Makes all earlier changes durable: services and registry (RegFlushKey per hive), folder
  // entries; not the content of files, which Files::sync does.
  virtual void flush() = 0;

  // Tells the windows of this session that the machine's environment has changed
  // (WM_SETTINGCHANGE); does not wait for windows that hang.
  virtual void announce_environment() = 0;
};

}  // namespace machine
