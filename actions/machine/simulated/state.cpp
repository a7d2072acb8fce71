#include "actions/machine/simulated/state.h"

#include <algorithm>

#include "actions/machine/paths.h"
#include "actions/machine/sha256.h"

namespace machine::simulated {
namespace {

using nlohmann::json;

template <typename Value>
void put(json& object, const char* key, const std::optional<Value>& value) {
  if (value) object[key] = *value;
}

void put(json& object, const char* key, bool value) {
  if (value) object[key] = true;
}

template <typename Value>
std::optional<Value> get(const json& object, const char* key) {
  if (!object.contains(key)) return std::nullopt;
  return object.at(key).get<Value>();
}

json to_json(const Behaviours& behaviours) {
  json services = json::object();
  for (const auto& [name, armed] : behaviours.services) {
    json row = json::object();
    if (!armed.only_version.empty()) row["only-version"] = armed.only_version;
    put(row, "start-fails", armed.start_fails);
    put(row, "start-takes-ms", armed.start_takes_ms);
    put(row, "crashes-after-ms", armed.crashes_after_ms);
    put(row, "start-hangs", armed.start_hangs);
    put(row, "ignores-stop", armed.ignores_stop);
    put(row, "stop-hangs", armed.stop_hangs);
    put(row, "held-open", armed.held_open);
    put(row, "unhealthy", armed.unhealthy);
    put(row, "process-id", armed.process_id);
    if (armed.status_file != StatusFile::kWritten)
      row["status-file"] = static_cast<int>(armed.status_file);
    services[name] = row;
  }
  json paths = json::object();
  for (const auto& [folded, armed] : behaviours.paths) {
    json row{{"path", armed.path}};
    put(row, "fails", armed.fails);
    put(row, "exits", armed.exits);
    put(row, "hangs", armed.hangs);
    if (!armed.owner.empty()) row["owner"] = armed.owner;
    paths[folded] = row;
  }
  json all{{"services", services}, {"paths", paths}};
  if (!behaviours.administrators.empty()) all["administrators"] = behaviours.administrators;
  put(all, "disk-full-at", behaviours.disk_full_at);
  put(all, "tasks-fail", behaviours.tasks_fail);
  return all;
}

Behaviours behaviours_from_json(const json& all) {
  Behaviours behaviours;
  for (const auto& [name, row] : all.at("services").items()) {
    ServiceBehaviour& armed = behaviours.services[name];
    armed.only_version = row.value("only-version", "");
    armed.start_fails = get<std::uint32_t>(row, "start-fails");
    armed.start_takes_ms = get<std::int64_t>(row, "start-takes-ms");
    armed.crashes_after_ms = get<std::int64_t>(row, "crashes-after-ms");
    armed.start_hangs = row.value("start-hangs", false);
    armed.ignores_stop = row.value("ignores-stop", false);
    armed.stop_hangs = row.value("stop-hangs", false);
    armed.held_open = row.value("held-open", false);
    armed.unhealthy = row.value("unhealthy", false);
    armed.process_id = get<std::uint32_t>(row, "process-id");
    armed.status_file = static_cast<StatusFile>(row.value("status-file", 0));
  }
  for (const auto& [folded, row] : all.at("paths").items()) {
    PathBehaviour& armed = behaviours.paths[folded];
    armed.path = row.value("path", folded);
    armed.fails = get<std::uint32_t>(row, "fails");
    armed.exits = get<std::uint32_t>(row, "exits");
    armed.hangs = row.value("hangs", false);
    armed.owner = row.value("owner", "");
  }
  behaviours.administrators = all.value("administrators", std::vector<std::string>{});
  behaviours.disk_full_at = get<std::uint64_t>(all, "disk-full-at");
  behaviours.tasks_fail = get<std::uint32_t>(all, "tasks-fail");
  return behaviours;
}

json registry_to_json(const std::map<std::string, RegistryKey>& registry) {
  json keys = json::object();
  for (const auto& [folded, key] : registry) {
    json values = json::object();
    for (const auto& [folded_value, entry] : key.values) {
      values[entry.name] = {{"type", static_cast<std::uint32_t>(entry.value.type)},
                            {"data", entry.value.data}};
    }
    keys[key.name] = values;
  }
  return keys;
}

std::map<std::string, RegistryKey> registry_from_json(const json& keys) {
  std::map<std::string, RegistryKey> registry;
  for (const auto& [name, values] : keys.items()) {
    RegistryKey& key = registry[fold_case(name)];
    key.name = name;
    for (const auto& [value_name, value] : values.items()) {
      key.values[fold_case(value_name)] = {
          value_name,
          {static_cast<RegistryType>(value.at("type").get<std::uint32_t>()), value.at("data")}};
    }
  }
  return registry;
}

json loaded_to_json(const std::vector<Loaded>& loaded) {
  json rows = json::array();
  for (const Loaded& row : loaded) {
    rows.push_back({{"service", row.service},
                    {"process", row.process_id},
                    {"ends_at", row.ends_at},
                    {"files", row.file_ids}});
  }
  return rows;
}

json renames_to_json(const std::vector<PendingRename>& renames) {
  json rows = json::array();
  for (const PendingRename& row : renames)
    rows.push_back({{"from", row.from}, {"to", row.to}});
  return rows;
}

std::vector<PendingRename> renames_from_json(const json& rows) {
  std::vector<PendingRename> renames;
  for (const json& row : rows)
    renames.push_back({row.at("from"), row.at("to")});
  return renames;
}

}  // namespace

json to_json(const ServiceRecord& record) {
  return {{"name", record.name},
          {"config", machine::to_json(record.config)},
          {"state", static_cast<std::uint32_t>(record.state)},
          {"process", record.process_id},
          {"exit_code", record.exit_code},
          {"marked", record.marked},
          {"pending_until", record.pending_until},
          {"pending_failure", record.pending_failure},
          {"crash_at", record.crash_at}};
}

ServiceRecord service_record_from_json(const json& row) {
  ServiceRecord record;
  record.name = row.at("name");
  record.config = service_config_from_json(row.at("config"));
  record.state = static_cast<ServiceState>(row.value("state", std::uint32_t{1}));
  record.process_id = row.value("process", std::uint32_t{0});
  record.exit_code = row.value("exit_code", std::uint32_t{0});
  record.marked = row.value("marked", false);
  record.pending_until = row.value("pending_until", std::int64_t{0});
  record.pending_failure = row.value("pending_failure", std::uint32_t{0});
  record.crash_at = row.value("crash_at", std::int64_t{0});
  return record;
}

std::string task_key(std::string_view name) {
  return fold_case(name.starts_with('\\') ? name.substr(1) : name);
}

json to_json(const TaskRecord& task) { return {{"xml", task.xml}, {"enabled", task.enabled}}; }

TaskRecord task_from_json(const std::string& name, const json& row) {
  return {name, row.at("xml"), row.at("enabled")};
}

json to_json(const DataCollectorRecord& set) {
  return {{"name", set.name}, {"xml", set.xml}, {"running", set.running}};
}

DataCollectorRecord data_collector_from_json(const json& row) {
  return {row.at("name"), row.at("xml"), row.at("running")};
}

json to_json(const MachineState& state) {
  json services = json::object();
  for (const auto& [folded, record] : state.services)
    services[folded] = to_json(record);
  json tasks = json::object();
  for (const auto& [folded, task] : state.tasks)
    tasks[task.name] = to_json(task);
  json unflushed = {{"services", state.unflushed.services},
                    {"registry", state.unflushed.registry},
                    {"tasks", state.unflushed.tasks},
                    {"durable_pending_renames", state.unflushed.durable_pending_renames}};
  if (state.unflushed.replaced_renames)
    unflushed["replaced_renames"] = renames_to_json(*state.unflushed.replaced_renames);
  if (!state.unflushed.data_collectors.empty())
    unflushed["data_collectors"] = state.unflushed.data_collectors;
  json all = {{"clock_ms", state.clock_ms},
              {"booted_at_ms", state.booted_at_ms},
              {"boots", state.boots},
              {"machine_id", state.machine_id},
              {"os_build", state.os_build},
              {"architecture", state.architecture},
              {"drive_identity", state.drive_identity},
              {"next_process_id", state.next_process_id},
              {"next_agent_status_at", state.next_agent_status_at},
              {"agent_attached", state.agent_attached},
              {"services", services},
              {"registry", registry_to_json(state.registry)},
              {"tasks", tasks},
              {"pending_renames", renames_to_json(state.pending_renames)},
              {"loaded", loaded_to_json(state.loaded)},
              {"behaviours", to_json(state.behaviours)},
              {"unflushed", unflushed}};
  // Most machines have none; theirs is the text of those that were written before there were any.
  for (const auto& [folded, set] : state.data_collectors)
    all["data_collectors"][folded] = to_json(set);
  return all;
}

MachineState machine_state_from_json(const json& row) {
  MachineState state;
  state.clock_ms = row.at("clock_ms");
  state.booted_at_ms = row.at("booted_at_ms");
  state.boots = row.at("boots");
  state.machine_id = row.at("machine_id");
  state.os_build = row.at("os_build");
  state.architecture = row.at("architecture");
  state.drive_identity = row.at("drive_identity");
  state.next_process_id = row.at("next_process_id");
  state.next_agent_status_at = row.at("next_agent_status_at");
  state.agent_attached = row.at("agent_attached");
  for (const auto& [folded, record] : row.at("services").items()) {
    state.services[folded] = service_record_from_json(record);
  }
  state.registry = registry_from_json(row.at("registry"));
  for (const auto& [name, task] : row.at("tasks").items()) {
    state.tasks[task_key(name)] = task_from_json(name, task);
  }
  const json sets = row.value("data_collectors", json::object());
  for (const auto& [folded, set] : sets.items())
    state.data_collectors[folded] = data_collector_from_json(set);
  state.pending_renames = renames_from_json(row.at("pending_renames"));
  for (const json& loaded : row.at("loaded")) {
    state.loaded.push_back(
        {loaded.at("service"), loaded.at("process"), loaded.at("ends_at"), loaded.at("files")});
  }
  state.behaviours = behaviours_from_json(row.at("behaviours"));
  const json& unflushed = row.at("unflushed");
  state.unflushed.services = unflushed.at("services").get<std::map<std::string, json>>();
  state.unflushed.registry = unflushed.at("registry").get<std::map<std::string, json>>();
  state.unflushed.tasks = unflushed.value("tasks", std::map<std::string, json>());
  state.unflushed.data_collectors =
      unflushed.value("data_collectors", std::map<std::string, json>());
  state.unflushed.durable_pending_renames = unflushed.at("durable_pending_renames");
  if (unflushed.contains("replaced_renames"))
    state.unflushed.replaced_renames = renames_from_json(unflushed.at("replaced_renames"));
  return state;
}

ServiceRecord* MachineState::find_service(std::string_view name) {
  const auto found = services.find(fold_case(name));
  return found == services.end() ? nullptr : &found->second;
}

TaskRecord* MachineState::find_task(std::string_view name) {
  const auto found = tasks.find(task_key(name));
  return found == tasks.end() ? nullptr : &found->second;
}

ServiceBehaviour MachineState::behaviour_of(std::string_view service) const {
  const auto found = behaviours.services.find(fold_case(service));
  return found == behaviours.services.end() ? ServiceBehaviour{} : found->second;
}

bool MachineState::is_loaded(const std::string& file_id) const {
  return std::any_of(loaded.begin(), loaded.end(), [&](const Loaded& row) {
    return std::find(row.file_ids.begin(), row.file_ids.end(), file_id) != row.file_ids.end();
  });
}

std::string MachineState::boot_id() const {
  return sha256_of(machine_id + "/boot/" + std::to_string(boots)).substr(0, 32);
}

}  // namespace machine::simulated
