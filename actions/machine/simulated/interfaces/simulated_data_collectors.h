#pragma once

#include "actions/machine/data_collectors.h"
#include "actions/machine/simulated/interfaces/machine_call.h"

namespace machine::simulated::interfaces {

// Keeps definitions as they are given and traces nothing.
class SimulatedDataCollectors final : public DataCollectors {
 public:
  explicit SimulatedDataCollectors(MachineCallContext& context) : context_(context) {}

  std::optional<DataCollectorSet> get(std::string_view name) override;
  void put(std::string_view name, std::string_view xml) override;
  void start(std::string_view name) override;
  void stop(std::string_view name) override;
  void remove(std::string_view name) override;

 private:
  MachineCallContext& context_;
};

}  // namespace machine::simulated::interfaces
