#include "actions/machine/services.h"

#include <utility>

namespace machine {

// Numbers, not words: a value that this program does not know survives the way through the journal.
nlohmann::json to_json(const ServiceConfig& config) {
  return {{"type", static_cast<std::uint32_t>(config.type)},
          {"start", static_cast<std::uint32_t>(config.start)},
          {"error_control", config.error_control},
          {"image", config.image},
          {"display", config.display},
          {"account", config.account},
          {"sid_type", static_cast<std::uint32_t>(config.sid_type)},
          {"depends_on", config.depends_on},
          {"description", config.description},
          {"delayed_start", config.delayed_start}};
}

ServiceConfig service_config_from_json(const nlohmann::json& json) {
  ServiceConfig config;
  config.type =
      static_cast<ServiceType>(json.value("type", static_cast<std::uint32_t>(config.type)));
  config.start =
      static_cast<StartType>(json.value("start", static_cast<std::uint32_t>(config.start)));
  config.error_control = json.value("error_control", config.error_control);
  config.image = json.value("image", "");
  config.display = json.value("display", "");
  config.account = json.value("account", "");
  config.sid_type =
      static_cast<SidType>(json.value("sid_type", static_cast<std::uint32_t>(config.sid_type)));
  config.depends_on = json.value("depends_on", std::vector<std::string>{});
  config.description = json.value("description", "");
  config.delayed_start = json.value("delayed_start", false);
  return config;
}

std::string_view to_text(ServiceState state) {
  switch (state) {
    case ServiceState::kStopped:
      return "stopped";
    case ServiceState::kStartPending:
      return "start-pending";
    case ServiceState::kStopPending:
      return "stop-pending";
    case ServiceState::kRunning:
      return "running";
    case ServiceState::kContinuePending:
      return "continue-pending";
    case ServiceState::kPausePending:
      return "pause-pending";
    case ServiceState::kPaused:
      return "paused";
  }
  return "unknown";
}

std::string_view to_text(StartType start) {
  switch (start) {
    case StartType::kBoot:
      return "boot";
    case StartType::kSystem:
      return "system";
    case StartType::kAutomatic:
      return "automatic";
    case StartType::kDemand:
      return "demand";
    case StartType::kDisabled:
      return "disabled";
  }
  return "unknown";
}

}  // namespace machine
