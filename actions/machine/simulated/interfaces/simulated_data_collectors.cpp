#include "actions/machine/simulated/interfaces/simulated_data_collectors.h"

#include "actions/machine/paths.h"
#include "actions/machine/simulated/win32_error.h"

namespace machine::simulated::interfaces {
namespace {

using errors::ExitCode;

// Whether the set runs is not on the disk: only its definition can be lost.
void remember_durable_set(MachineState& state, std::string_view name) {
  const std::string folded = fold_case(name);
  if (state.unflushed.data_collectors.contains(folded)) return;
  const auto set = state.data_collectors.find(folded);
  state.unflushed.data_collectors[folded] =
      set == state.data_collectors.end() ? nlohmann::json() : to_json(set->second);
}

DataCollectorRecord& existing(MachineState& state, std::string_view name, const Attempt& attempt) {
  const auto set = state.data_collectors.find(fold_case(name));
  if (set == state.data_collectors.end()) attempt.fail(kNoDataCollectorSet);
  return set->second;
}

}  // namespace

std::optional<DataCollectorSet> SimulatedDataCollectors::get(std::string_view name) {
  MachineCall call(context_);
  const auto set = call.state().data_collectors.find(fold_case(name));
  if (set == call.state().data_collectors.end()) return std::nullopt;
  return DataCollectorSet{set->second.xml, set->second.running};
}

void SimulatedDataCollectors::put(std::string_view name, std::string_view xml) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kCreateTask, "define data collector set",
                        "IDataCollectorSet::Commit", name};
  if (name.empty()) attempt.fail(kInvalidName);
  remember_durable_set(call.state(), name);
  DataCollectorRecord& set = call.state().data_collectors[fold_case(name)];
  if (set.name.empty()) set.name = name;
  set.xml = xml;
  call.changed();
}

void SimulatedDataCollectors::start(std::string_view name) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kCreateTask, "start data collector set",
                        "IDataCollectorSet::Start", name};
  DataCollectorRecord& set = existing(call.state(), name, attempt);
  if (set.running) attempt.fail(kDataCollectorSetInUse);
  set.running = true;
  call.changed();
}

void SimulatedDataCollectors::stop(std::string_view name) {
  MachineCall call(context_);
  existing(call.state(), name,
           {ExitCode::kDeleteTask, "stop data collector set", "IDataCollectorSet::Stop", name})
      .running = false;
  call.changed();
}

void SimulatedDataCollectors::remove(std::string_view name) {
  MachineCall call(context_);
  const auto set = call.state().data_collectors.find(fold_case(name));
  if (set == call.state().data_collectors.end()) return;
  const Attempt attempt{ExitCode::kDeleteTask, "delete data collector set",
                        "IDataCollectorSet::Delete", name};
  if (set->second.running) attempt.fail(kDataCollectorSetInUse);
  remember_durable_set(call.state(), name);
  call.state().data_collectors.erase(set);
  call.changed();
}

}  // namespace machine::simulated::interfaces
