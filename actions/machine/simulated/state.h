#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "json/json.h"

namespace machine::simulated {

// The content of `machine.json`: the machine without its drive. Times are virtual milliseconds
// since 1970, UTC; 0 is "never". Keys of the maps are folded (paths.h: fold_case); the values hold
// the names as given.

struct ServiceRecord {
  std::string name;
  ServiceConfig config;
  ServiceState state = ServiceState::kStopped;
  std::uint32_t process_id = 0;
  std::uint32_t exit_code = 1077;     // never started
  bool marked = false;                // for deletion
  std::int64_t pending_until = 0;     // of a pending state: 0 is for ever
  std::uint32_t pending_failure = 0;  // the pending start will fail with this code; 0: it succeeds
  std::int64_t crash_at = 0;
};

// A driver's image (without a process) or a process with its images: they cannot be overwritten or
// deleted. A process may outlive its service.
struct Loaded {
  std::string service;  // folded
  std::uint32_t process_id = 0;
  std::int64_t ends_at = 0;  // 0: while the service runs
  std::vector<std::string> file_ids;
};

struct RegistryEntry {
  std::string name;
  RegistryValue value;
};

struct RegistryKey {
  std::string name;
  std::map<std::string, RegistryEntry> values;
};

struct TaskRecord {
  std::string name;
  std::string xml;
  bool enabled = true;
};

struct DataCollectorRecord {
  std::string name;
  std::string xml;
  bool running = false;
};

// An entry of PendingFileRenameOperations; an empty `to` deletes.
struct PendingRename {
  std::string from;
  std::string to;
};

// What GuestProxyAgent does when its status file is due.
enum class StatusFile { kWritten, kStale, kAbsent, kGarbage };

struct ServiceBehaviour {
  // The behaviour is for images of this version ("0.10.0") only; "" for every image.
  std::string only_version;
  std::optional<std::uint32_t> start_fails;
  std::optional<std::int64_t> start_takes_ms;
  std::optional<std::int64_t> crashes_after_ms;
  bool start_hangs = false;
  bool ignores_stop = false;
  bool stop_hangs = false;
  bool held_open = false;
  bool unhealthy = false;
  std::optional<std::uint32_t> process_id;
  StatusFile status_file = StatusFile::kWritten;
};

struct PathBehaviour {
  std::string path;
  std::optional<std::uint32_t> fails;
  std::optional<std::uint32_t> exits;  // a program exits with this code and does nothing
  bool hangs = false;                  // a program hangs for ever and does nothing
  std::string owner;                   // an account or group; "": one that may change all
};

struct Behaviours {
  std::map<std::string, ServiceBehaviour> services;
  std::map<std::string, PathBehaviour> paths;
  std::optional<std::uint64_t> disk_full_at;  // bytes
  std::optional<std::uint32_t> tasks_fail;    // every call of the Task Scheduler
  std::vector<std::string> administrators;    // accounts and groups in the group Administrators
};

// The durable form of each object that was changed since the last flush: a power cut may bring it
// back.
struct Unflushed {
  std::map<std::string, nlohmann::json> services;         // null: it did not exist
  std::map<std::string, nlohmann::json> registry;         // by "key\nvalue", folded; null: as above
  std::map<std::string, nlohmann::json> tasks;            // null: as above
  std::map<std::string, nlohmann::json> data_collectors;  // null: as above
  std::size_t durable_pending_renames = 0;                // how many, from the first, are durable
  // The durable queue, if the queue was replaced since the last flush.
  std::optional<std::vector<PendingRename>> replaced_renames = {};
};

struct MachineState {
  std::int64_t clock_ms = 0;
  std::int64_t booted_at_ms = 0;
  std::int64_t boots = 1;
  std::string machine_id;
  int os_build = 0;
  std::string architecture;
  std::string drive_identity;  // of C/; differs if the VM is a copy
  std::uint32_t next_process_id = 1000;
  std::int64_t next_agent_status_at = 0;  // GuestProxyAgent's status file
  bool agent_attached = false;            // its eBPF program is attached

  std::map<std::string, ServiceRecord> services;
  std::map<std::string, RegistryKey> registry;
  std::map<std::string, TaskRecord> tasks;
  std::map<std::string, DataCollectorRecord> data_collectors;
  std::vector<PendingRename> pending_renames;
  std::vector<Loaded> loaded;
  Behaviours behaviours;
  Unflushed unflushed;

  ServiceRecord* find_service(std::string_view name);
  TaskRecord* find_task(std::string_view name);
  // The behaviour armed for a service; defaults if none is armed.
  ServiceBehaviour behaviour_of(std::string_view service) const;
  bool is_loaded(const std::string& file_id) const;
  std::string boot_id() const;
};

nlohmann::json to_json(const MachineState& state);
MachineState machine_state_from_json(const nlohmann::json& json);

nlohmann::json to_json(const ServiceRecord& record);
ServiceRecord service_record_from_json(const nlohmann::json& json);

// The key of a task in the map: folded, without a leading '\'.
std::string task_key(std::string_view name);
nlohmann::json to_json(const TaskRecord& task);
TaskRecord task_from_json(const std::string& name, const nlohmann::json& json);
nlohmann::json to_json(const DataCollectorRecord& set);
DataCollectorRecord data_collector_from_json(const nlohmann::json& json);

}  // namespace machine::simulated
