#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"

namespace machine {

// Values are those of winsvc.h / winnt.h (CreateServiceW, SERVICE_STATUS_PROCESS).
enum class ServiceType : std::uint32_t { kKernelDriver = 0x1, kOwnProcess = 0x10 };
enum class StartType : std::uint32_t {
  kBoot = 0,
  kSystem = 1,
  kAutomatic = 2,
  kDemand = 3,
  kDisabled = 4
};
enum class ServiceState : std::uint32_t {
  kStopped = 1,
  kStartPending = 2,
  kStopPending = 3,
  kRunning = 4,
  kContinuePending = 5,
  kPausePending = 6,
  kPaused = 7
};
// SERVICE_SID_TYPE_INFO
enum class SidType : std::uint32_t { kNone = 0, kUnrestricted = 1, kRestricted = 3 };

// Every field that undo must restore from a before-image. depends_on has service names.
struct ServiceConfig {
  ServiceType type = ServiceType::kKernelDriver;
  StartType start = StartType::kDemand;
  std::uint32_t error_control = 1;  // SERVICE_ERROR_NORMAL
  std::string image;                // as stored: any of Windows' forms of ImagePath
  std::string display;
  std::string account;  // empty for drivers; "LocalSystem", "NT AUTHORITY\\LocalService"
  SidType sid_type = SidType::kNone;
  std::vector<std::string> depends_on;
  std::string description;
  bool delayed_start = false;

  bool operator==(const ServiceConfig&) const = default;
};

struct ServiceStatus {
  ServiceState state = ServiceState::kStopped;
  std::uint32_t process_id = 0;  // 0: no process, a driver, or a process shared with others
  std::uint32_t exit_code = 0;   // Win32 code of the last end
  bool marked_for_deletion = false;
};

nlohmann::json to_json(const ServiceConfig& config);
ServiceConfig service_config_from_json(const nlohmann::json& json);

std::string_view to_text(ServiceState state);  // "running", "start-pending"
std::string_view to_text(StartType start);     // "automatic", "demand"

// The Service Control Manager. Service names are compared without case. A missing service is a
// Failure (1060) except where the call returns an optional.
class Services {
 public:
  Services() = default;
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;
  virtual ~Services() = default;

  virtual std::optional<ServiceConfig> config(std::string_view name) = 0;
  virtual std::optional<ServiceStatus> status(std::string_view name) = 0;
  // Existing service: 1073; marked for deletion: 1072.
  virtual void create(std::string_view name, const ServiceConfig& config) = 0;
  // Sets every field to the wanted one (ChangeServiceConfig); type cannot change (87). Marked for
  // deletion: 1072.
  virtual void change(std::string_view name, const ServiceConfig& wanted) = 0;
  // Deletes a service. While it runs or has open handles it is only marked for deletion and goes
  // later. Marked already: 1072.
  virtual void remove(std::string_view name) = 0;
  // Asks for a start and returns: poll status. Running already: 1056; disabled: 1058; a missing
  // dependency: 1075; a dependency that does not start: 1068; a missing or refused image: its code
  // (2, 193, 577, 127 ...). Starts dependencies first.
  virtual void start(std::string_view name) = 0;
  // Asks for a stop and returns: poll status. Not running: 1062; running dependents: 1051; not
  // accepted now: 1061.
  virtual void stop(std::string_view name) = 0;
  // Services that depend on `name`, directly or not, and are not stopped; in an order in which they
  // can be stopped.
  virtual std::vector<std::string> active_dependents(std::string_view name) = 0;
  // Returns true if the process exists: the Service Control Manager may report STOPPED before the
  // process has ended. False for 0.
  virtual bool process_alive(std::uint32_t process_id) = 0;
};

}  // namespace machine
