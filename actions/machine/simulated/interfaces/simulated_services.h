#pragma once

#include "actions/machine/services.h"
#include "actions/machine/simulated/interfaces/machine_call.h"

namespace machine::simulated::interfaces {

class SimulatedServices final : public Services {
 public:
  explicit SimulatedServices(MachineCallContext& context) : context_(context) {}

  std::optional<ServiceConfig> config(std::string_view name) override;
  std::optional<ServiceStatus> status(std::string_view name) override;
  void create(std::string_view name, const ServiceConfig& config) override;
  void change(std::string_view name, const ServiceConfig& wanted) override;
  void remove(std::string_view name) override;
  void start(std::string_view name) override;
  void stop(std::string_view name) override;
  std::vector<std::string> active_dependents(std::string_view name) override;
  bool process_alive(std::uint32_t process_id) override;

 private:
  MachineCallContext& context_;
};

}  // namespace machine::simulated::interfaces
