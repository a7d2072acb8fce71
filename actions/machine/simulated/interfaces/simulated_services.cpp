#include "actions/machine/simulated/interfaces/simulated_services.h"

namespace machine::simulated::interfaces {

std::optional<ServiceConfig> SimulatedServices::config(std::string_view name) {
  MachineCall call(context_);
  const ServiceRecord* record = call.state().find_service(name);
  if (record == nullptr) return std::nullopt;
  return record->config;
}

std::optional<ServiceStatus> SimulatedServices::status(std::string_view name) {
  MachineCall call(context_);
  const ServiceRecord* record = call.state().find_service(name);
  if (record == nullptr) return std::nullopt;
  return ServiceStatus{record->state, record->process_id, record->exit_code, record->marked};
}

void SimulatedServices::create(std::string_view name, const ServiceConfig& config) {
  MachineCall call(context_);
  call.services().create(name, config);
  call.changed();
}

void SimulatedServices::change(std::string_view name, const ServiceConfig& wanted) {
  MachineCall call(context_);
  call.services().change(name, wanted);
  call.changed();
}

void SimulatedServices::remove(std::string_view name) {
  MachineCall call(context_);
  call.services().remove(name);
  call.changed();
}

void SimulatedServices::start(std::string_view name) {
  MachineCall call(context_);
  call.changed();  // also where it fails: dependencies were started, time has passed
  call.services().start(name);
}

void SimulatedServices::stop(std::string_view name) {
  MachineCall call(context_);
  call.services().stop(name);
  call.changed();
}

std::vector<std::string> SimulatedServices::active_dependents(std::string_view name) {
  MachineCall call(context_);
  return call.services().active_dependents(name);
}

bool SimulatedServices::process_alive(std::uint32_t process_id) {
  MachineCall call(context_);
  return call.services().process_alive(process_id);
}

}  // namespace machine::simulated::interfaces
