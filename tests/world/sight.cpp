#include "tests/world/sight.h"

#include <algorithm>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/vm.h"
#include "tests/world/furniture.h"

namespace world {

using machine::fold_case;
using machine::is_within;
using machine::ServiceState;
using machine::simulated::Access;
using machine::simulated::MachineState;
using machine::simulated::ServiceRecord;
using nlohmann::json;

namespace {

bool has(std::string_view text, std::string_view part) {
  return fold_case(text).find(part) != std::string::npos;
}

// The journal, its lock and its reserve, a megabyte that would be hashed at each look.
bool is_the_journals(std::string_view path) {
  return has(path, "\\ebpfforwindows\\journal.db") || has(path, "\\ebpfforwindows\\lock") ||
         has(path, "\\ebpfforwindows\\reserve");
}

std::vector<std::string> segments(const std::string& path) {
  std::vector<std::string> all;
  std::string rest = path;
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    all.push_back(rest.substr(0, end));
    rest = end == std::string::npos ? "" : rest.substr(end + 1);
  }
  return all;
}

// PATH is shared: our segments are ours.
void divide_path(const json& path, json& ours, json& others) {
  if (path.empty()) return;
  std::string rest;
  for (const std::string& segment : segments(path.at("data"))) {
    if (has(segment, "ebpf-for-windows")) {
      ours["path"].push_back(segment);
    } else {
      rest += segment + ";";
    }
  }
  others["path"] = {{"type", path.at("type")}, {"data", rest}};
}

// Services without what moves: state, and for others' the dependencies, which have a rule.
void divide_services(const json& services, json& ours, json& others) {
  for (const auto& [name, row] : services.items()) {
    json still = row;
    still.erase("state");
    (is_ours(name) ? ours : others)["services"][name] = still;
  }
}

void divide(const json& snapshot, json& ours, json& others) {
  for (const char* part :
       {"files", "services", "registry", "netsh", "tasks", "sessions", "pending"})
    ours[part] = others[part] = json::object();
  ours["path"] = json::array();
  others["path"] = json::object();
  for (const auto& [path, row] : snapshot.at("files").items())
    (is_within(path, kInstallFolder) ? ours : others)["files"][path] = row;
  divide_services(snapshot.at("services"), ours, others);
  for (const auto& [key, values] : snapshot.at("registry").items()) {
    for (const auto& [name, row] : values.items()) {
      const bool policy = name == kPolicyValue;
      (has(key, "ebpf") && !policy ? ours : others)["registry"][key + "\\" + name] = row;
    }
  }
  for (const auto& [name, row] : snapshot.at("netsh").items())
    (has(row.dump() + name, "ebpf") ? ours : others)["netsh"][name] = row;
  for (const auto& [name, row] : snapshot.at("tasks").items())
    (has(name, "ebpf") ? ours : others)["tasks"][name] = row;
  const json sessions = snapshot.value("data_collectors", json::object());
  for (const auto& [name, row] : sessions.items())
    (has(name, "ebpf") ? ours : others)["sessions"][name] = row;
  for (const auto& row : snapshot.at("pending_reboot")) {
    const std::string from = row.at("from");
    (is_within(from, kInstallFolder) ? ours : others)["pending"][from] = row;
  }
  divide_path(snapshot.at("path"), ours, others);
}

std::string object_of(const std::string& part, const std::string& name) {
  if (part == "files" || part == "pending") return "path:" + name;
  if (part == "services") return "service:" + name;
  if (part == "tasks") return "task:" + name;
  if (part == "sessions") return "session:" + name;
  if (part == "registry") return "registry:" + name;
  return part == "path" ? "path-variable" : part;
}

}  // namespace

const ServiceRecord* Sight::service(std::string_view name) const {
  const auto found = services.find(fold_case(name));
  return found == services.end() ? nullptr : &found->second;
}

bool Sight::runs(std::string_view name) const {
  const ServiceRecord* record = service(name);
  return record != nullptr && record->state == ServiceState::kRunning;
}

std::string Sight::loaded_by(std::string_view name) const {
  const auto found = loaded.find(fold_case(name));
  return found == loaded.end() ? "" : found->second;
}

std::set<std::string> Sight::running() const {
  std::set<std::string> names;
  for (const auto& [folded, record] : services) {
    if (record.state == ServiceState::kRunning) names.insert(record.name);
  }
  return names;
}

std::set<std::string> Sight::dependencies(std::string_view name) const {
  std::set<std::string> all;
  std::vector<std::string> to_visit{fold_case(name)};
  while (!to_visit.empty()) {
    const ServiceRecord* record = service(to_visit.back());
    to_visit.pop_back();
    if (record == nullptr) continue;
    for (const std::string& on : record->config.depends_on) {
      if (all.insert(fold_case(on)).second) to_visit.push_back(fold_case(on));
    }
  }
  return all;
}

Sight look(machine::simulated::VmHome& vm) {
  Sight sight;
  const json snapshot = machine::simulated::snapshot_json(vm);
  divide(snapshot, sight.ours, sight.others);
  sight.path_size = snapshot.at("path").value("data", "").size();
  Access access(vm);
  const MachineState& state = access.state();
  sight.clock_ms = state.clock_ms;
  sight.services = state.services;
  std::map<std::string, std::string> by_id;
  vm.drive().walk([&](const machine::simulated::disk::Place& place) {
    if (!place.is_file() || is_the_journals(place.windows)) return;
    const std::string sha = vm.drive().tree().sha256(place.host);
    sight.files[fold_case(place.windows)] = sha;
    by_id[vm.drive().file_id(place)] = sha;
  });
  for (const auto& row : state.loaded) {
    if (row.ends_at == 0 && !row.file_ids.empty())
      sight.loaded[row.service] = by_id[row.file_ids.front()];
  }
  return sight;
}

bool is_ours(std::string_view service) {
  return machine::equal_names(service, kCore) || machine::equal_names(service, kExtension) ||
         machine::equal_names(service, kEbpfService);
}

bool proxy_is_wanted(const Sight& sight) {
  const ServiceRecord* proxy = sight.service(kProxy);
  if (proxy == nullptr || proxy->config.start != machine::StartType::kAutomatic) return false;
  const bool stopped_by_owner = proxy->state == ServiceState::kStopped && proxy->exit_code == 0 &&
                                sight.runs(kCore) && sight.runs(kExtension);
  return !stopped_by_owner;
}

void compare(Rule rule, const json& before, const json& now, Findings& findings) {
  for (const json& change : json::diff(before, now)) {
    std::string path = change.at("path");
    const std::size_t second = path.find('/', 1);
    const std::string part = path.substr(1, second == std::string::npos ? second : second - 1);
    if (second == std::string::npos) {
      findings.push_back({rule, object_of(part, "(all)"), change.dump().substr(0, 300)});
      continue;
    }
    std::string name = path.substr(second + 1, path.find('/', second + 1) - second - 1);
    for (std::size_t at = 0; (at = name.find("~1", at)) != std::string::npos;)
      name.replace(at, 2, "/");
    findings.push_back({rule, object_of(part, name), change.dump().substr(0, 300)});
  }
}

}  // namespace world
