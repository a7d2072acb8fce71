#pragma once

#include "actions/machine/registry.h"
#include "actions/machine/simulated/interfaces/machine_call.h"

namespace machine::simulated::interfaces {

class SimulatedRegistry final : public Registry {
 public:
  explicit SimulatedRegistry(MachineCallContext& context) : context_(context) {}

  std::optional<RegistryValue> get(std::string_view key, std::string_view value) override;
  void set(std::string_view key, std::string_view value, const RegistryValue& data) override;
  void remove_value(std::string_view key, std::string_view value) override;
  std::vector<RegistryKeyContent> subtree(std::string_view key) override;
  void remove_key(std::string_view key) override;

 private:
  MachineCallContext& context_;
};

}  // namespace machine::simulated::interfaces
