#include "actions/machine/simulated/power_cut.h"

#include <random>

#include "actions/machine/simulated/service_manager.h"

namespace machine::simulated {
namespace {

void restore_service(MachineState& state, const std::string& folded, const nlohmann::json& row) {
  if (row.is_null()) {
    state.services.erase(folded);
    return;
  }
  ServiceRecord& record = state.services[folded];
  const ServiceRecord durable = service_record_from_json(row);
  record.name = durable.name;
  record.config = durable.config;
  record.marked = durable.marked;
}

void restore_value(MachineState& state, const std::string& object, const nlohmann::json& row) {
  const std::size_t line = object.find('\n');
  const std::string folded = object.substr(line + 1);
  if (row.is_null()) {
    const auto key = state.registry.find(object.substr(0, line));
    if (key != state.registry.end()) key->second.values.erase(folded);
    return;
  }
  RegistryKey& key = state.registry[object.substr(0, line)];
  if (key.name.empty()) key.name = row.at("key");  // it was removed with its values
  key.values[folded] = {row.at("name"),
                        {static_cast<RegistryType>(row.at("type").get<std::uint32_t>()),
                         row.at("data").get<std::string>()}};
}

void restore_task(MachineState& state, const std::string& folded, const nlohmann::json& row) {
  if (row.is_null()) {
    state.tasks.erase(folded);
  } else {
    state.tasks[folded] = task_from_json(row.at("name"), row);
  }
}

void restore_set(MachineState& state, const std::string& folded, const nlohmann::json& row) {
  if (row.is_null()) {
    state.data_collectors.erase(folded);
  } else {
    state.data_collectors[folded] = data_collector_from_json(row);
  }
}

}  // namespace

void lose_power(MachineState& state, disk::Unsynced& unsynced, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto is_lost = [&] { return seed == 0 || (seed != 1 && (random() & 1U) != 0); };
  for (const auto& [folded, row] : state.unflushed.services) {
    if (is_lost()) restore_service(state, folded, row);
  }
  for (const auto& [object, row] : state.unflushed.registry) {
    if (is_lost()) restore_value(state, object, row);
  }
  // A service is a key, and no hive has keys below one that is not there.
  for (const auto& [folded, row] : state.unflushed.services)
    if (!state.services.contains(folded)) erase_service(state, folded);
  for (const auto& [folded, row] : state.unflushed.tasks) {
    if (is_lost()) restore_task(state, folded, row);
  }
  for (const auto& [folded, row] : state.unflushed.data_collectors) {
    if (is_lost()) restore_set(state, folded, row);
  }
  std::vector<PendingRename> pending;
  for (std::size_t i = 0; i < state.pending_renames.size(); ++i) {
    const bool durable = i < state.unflushed.durable_pending_renames;
    if (durable || !is_lost()) pending.push_back(state.pending_renames[i]);
  }
  const auto& replaced = state.unflushed.replaced_renames;
  state.pending_renames = replaced && is_lost() ? *replaced : std::move(pending);
  unsynced.lose(seed, random);
}

}  // namespace machine::simulated
