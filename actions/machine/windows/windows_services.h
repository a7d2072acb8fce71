#pragma once

#include "actions/machine/services.h"

namespace machine::windows {

// The Service Control Manager. No handle outlives its call: an open one would keep a deleted
// service marked. StartService and ControlService may take up to 30 seconds each, the manager's own
// limit.
class WindowsServices final : public Services {
 public:
  std::optional<ServiceConfig> config(std::string_view name) override;
  std::optional<ServiceStatus> status(std::string_view name) override;
  // What fails half-way is deleted again.
  void create(std::string_view name, const ServiceConfig& config) override;
  // Not one call of Windows: what fails half-way stays half-way.
  void change(std::string_view name, const ServiceConfig& wanted) override;
  void remove(std::string_view name) override;
  void start(std::string_view name) override;
  void stop(std::string_view name) override;
  std::vector<std::string> active_dependents(std::string_view name) override;
  bool process_alive(std::uint32_t process_id) override;
};

}  // namespace machine::windows
