#include <algorithm>
#include <string>

#include "actions/machine/paths.h"
#include "actions/machine/sha256.h"
#include "actions/machine/simulated/guest_proxy_agent.h"
#include "actions/machine/simulated/vm.h"
#include "actions/machine/simulated/vm_folder.h"
#include "json/json.h"

namespace machine::simulated {
namespace {

using nlohmann::json;

constexpr const char* kJournalFolder = R"(C:\ProgramData\EbpfForWindows)";
// In its place where a user holds that one.
constexpr const char* kSecondJournalFolder = R"(C:\Program Files\EbpfForWindows)";
// These two have places of their own in the snapshot.
constexpr const char* kEnvironmentKey =
    R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)";
constexpr const char* kPathValue = "Path";
constexpr const char* kNetshKey = R"(HKLM\SOFTWARE\Microsoft\NetSh)";

bool is_left_out(const std::string& path) {
  return is_within(path, kJournalFolder) || is_within(path, kSecondJournalFolder) ||
         is_within(path, kGuestProxyAgentLogs);
}

json files(const disk::Drive& drive) {
  const disk::Tree& tree = drive.tree();
  json rows = json::object();
  drive.walk([&](const disk::Place& place) {
    if (place.is_folder() || is_left_out(place.windows)) return;
    // A link is what it leads to, in words; it is not followed.
    rows[place.windows] = {
        {"sha256", place.is_link() ? sha256_of("link to " + tree.link_target(place.host))
                                   : tree.sha256(place.host)},
        {"size", place.size()},
        {"readonly", place.is_readonly()}};
  });
  return rows;
}

std::string_view type_text(ServiceType type) {
  return type == ServiceType::kKernelDriver ? "kernel-driver" : "own-process";
}

std::string_view sid_text(SidType sid) {
  switch (sid) {
    case SidType::kNone:
      return "none";
    case SidType::kUnrestricted:
      return "unrestricted";
    case SidType::kRestricted:
      return "restricted";
  }
  return "unknown";
}

json services(const MachineState& state) {
  json rows = json::object();
  for (const auto& [folded, record] : state.services) {
    rows[record.name] = {
        {"type", type_text(record.config.type)}, {"start", to_text(record.config.start)},
        {"state", to_text(record.state)},        {"image", record.config.image},
        {"account", record.config.account},      {"sid_type", sid_text(record.config.sid_type)},
        {"depends", record.config.depends_on},   {"display", record.config.display}};
  }
  return rows;
}

json value_row(const RegistryValue& value) {
  return {{"type", to_text(value.type)}, {"data", value.data}};
}

void put_registry(json& snapshot, const MachineState& state) {
  snapshot["registry"] = json::object();
  snapshot["path"] = json::object();
  snapshot["netsh"] = json::object();
  for (const auto& [folded, key] : state.registry) {
    for (const auto& [folded_value, entry] : key.values) {
      const json row = value_row(entry.value);
      if (folded == fold_case(kNetshKey)) {
        snapshot["netsh"][entry.name] = row;
      } else if (folded == fold_case(kEnvironmentKey) && folded_value == fold_case(kPathValue)) {
        snapshot["path"] = row;
      } else {
        snapshot["registry"][key.name][entry.name] = row;
      }
    }
  }
}

}  // namespace

json snapshot_json(VmHome& vm) {
  Access access(vm);
  const MachineState& state = access.state();
  json all;
  all["files"] = files(vm.drive());
  all["services"] = services(state);
  put_registry(all, state);
  all["tasks"] = json::object();
  for (const auto& [folded, task] : state.tasks) {
    if (task.xml.find(kJournalFolder) != std::string::npos) continue;  // runs what lies there
    all["tasks"][task.name] = {{"xml_sha256", sha256_of(task.xml)}, {"enabled", task.enabled}};
  }
  for (const auto& [folded, set] : state.data_collectors)
    all["data_collectors"][set.name] = {{"xml_sha256", sha256_of(set.xml)},
                                        {"running", set.running}};
  all["pending_reboot"] = json::array();
  for (const PendingRename& row : state.pending_renames) {
    if (is_within(row.from, kJournalFolder)) continue;
    all["pending_reboot"].push_back({{"from", row.from}, {"to", row.to}});
  }
  return all;
}

std::string snapshot(VmHome& vm) { return snapshot_json(vm).dump(2) + "\n"; }

std::string snapshot(const std::string& folder) {
  VmFolder vm(folder);
  return snapshot(vm);
}

}  // namespace machine::simulated
