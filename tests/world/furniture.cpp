#include "tests/world/furniture.h"

#include <algorithm>
#include <optional>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/registry_state.h"
#include "actions/machine/simulated/service_manager.h"
#include "actions/machine/simulated/vm.h"
#include "errors/failure.h"

namespace world {

using machine::ServiceState;
using machine::simulated::Access;
using machine::simulated::MachineState;
using machine::simulated::ServiceManager;
using machine::simulated::ServiceRecord;
namespace simulated = machine::simulated;

namespace {

constexpr std::int64_t kSettlesWithinMs = 120'000;

// Makes one change through the Service Control Manager's rules, and lets it settle.
template <typename Call>
void manage(VmHome& vm, Call call) {
  Access access(vm);
  access.changed();
  ServiceManager services(access.state(), vm.drive());
  call(services);
  services.advance_to(access.state().clock_ms + kSettlesWithinMs);
}

ServiceRecord& record(Access& access, std::string_view name) {
  access.changed();
  return access.state().services.at(machine::fold_case(name));
}

// nullopt: it is not registered.
std::optional<ServiceState> state_of(VmHome& vm, std::string_view name) {
  Access access(vm);
  const ServiceRecord* found = access.state().find_service(name);
  if (found == nullptr) return std::nullopt;
  return found->state;
}

template <typename Rows>
void keep_only(const Rows& before, Rows& now) {
  std::erase_if(now, [&](const auto& row) { return !before.contains(row.first); });
}

bool is_marked(VmHome& vm, std::string_view name) {
  Access access(vm);
  return access.state().find_service(name)->marked;
}

}  // namespace

void arm(VmHome& vm, const std::string& object, const std::vector<std::string>& settings) {
  simulated::set_behaviour(vm, object, settings);
}

void clear_all(VmHome& vm) {
  Access access(vm);
  access.changed();
  MachineState& state = access.state();
  state.behaviours = {};
  std::vector<std::string> names;
  for (const auto& [folded, service] : state.services)
    names.push_back(folded);
  ServiceManager services(state, vm.drive());
  for (const std::string& name : names)
    services.apply_behaviour(name);
  services.advance_to(state.clock_ms + 1000);
}

void pass(VmHome& vm, std::int64_t milliseconds) {
  Access access(vm);
  access.changed();
  ServiceManager services(access.state(), vm.drive());
  services.advance_to(access.state().clock_ms + milliseconds);
}

void durably(VmHome& vm, void (*change)(VmHome& vm)) {
  simulated::Unflushed before;
  bool queue_was_durable = false;
  {
    Access access(vm);
    before = access.state().unflushed;
    queue_was_durable = before.durable_pending_renames == access.state().pending_renames.size();
  }
  change(vm);
  Access access(vm);
  access.changed();
  simulated::Unflushed& now = access.state().unflushed;
  keep_only(before.services, now.services);
  keep_only(before.registry, now.registry);
  keep_only(before.tasks, now.tasks);
  keep_only(before.data_collectors, now.data_collectors);
  if (queue_was_durable) now.durable_pending_renames = access.state().pending_renames.size();
}

void boot(VmHome& vm) { simulated::reboot(vm); }

void run_startup_task(VmHome& vm) {
  Access access(vm);
  const auto* task = access.state().find_task("eBpfTracingStartupTask");
  if (task == nullptr || !task->enabled) return;
  if (!has_file(vm, std::string(kInstallFolder) + "\\ebpf_tracing.cmd")) return;
  auto& session = access.state().data_collectors["ebpf_diag"];
  if (session.running) return;
  if (session.name.empty()) session = {"ebpf_diag", "<DataCollectorSet>eBPF</DataCollectorSet>"};
  session.running = true;
  access.changed();
}

bool has_service(VmHome& vm, std::string_view name) {
  return Access(vm).state().find_service(name) != nullptr;
}

void start(VmHome& vm, std::string_view name) {
  if (state_of(vm, name) != ServiceState::kStopped) return;
  try {
    manage(vm, [&](ServiceManager& services) { services.start(name); });
  } catch (const errors::Failure&) {
    return;  // its exit code says why
  }
}

void stop(VmHome& vm, std::string_view name) {
  if (state_of(vm, name) != ServiceState::kRunning) return;
  manage(vm, [&](ServiceManager& services) { services.stop(name); });
}

void remove_service(VmHome& vm, std::string_view name) {
  if (!has_service(vm, name) || is_marked(vm, name)) return;
  manage(vm, [&](ServiceManager& services) { services.remove(name); });
}

void put_neighbour(VmHome& vm) {
  const std::string image = R"(C:\Program Files\Acme\AcmeFlow.exe)";
  put_file(vm, image, simulated::minimal_image("AcmeFlow 7.2"));
  machine::ServiceConfig config;
  config.type = machine::ServiceType::kOwnProcess;
  config.start = machine::StartType::kAutomatic;
  config.image = "\"" + image + "\"";
  config.display = "Acme Flow Collector";
  config.depends_on = {kExtension};
  if (!has_service(vm, kNeighbour))
    manage(vm, [&](ServiceManager& services) { services.create(kNeighbour, config); });
  if (has_service(vm, kExtension)) start(vm, kNeighbour);
}

void register_driver(VmHome& vm, const std::string& name, const std::string& image,
                     machine::StartType start) {
  machine::ServiceConfig config;
  config.start = start;
  config.image = image;
  config.display = name;
  manage(vm, [&](ServiceManager& services) { services.create(name, config); });
}

void change_image(VmHome& vm, std::string_view name, const std::string& image) {
  if (!has_service(vm, name)) return;
  Access access(vm);
  record(access, name).config.image = image;
}

std::string image_of(VmHome& vm, std::string_view name) {
  Access access(vm);
  const ServiceRecord* found = access.state().find_service(name);
  return found == nullptr ? "" : found->config.image;
}

std::vector<std::string> dependencies_of(VmHome& vm, std::string_view name) {
  Access access(vm);
  const ServiceRecord* found = access.state().find_service(name);
  return found == nullptr ? std::vector<std::string>() : found->config.depends_on;
}

void set_error_control(VmHome& vm, std::string_view name, std::uint32_t error_control) {
  if (!has_service(vm, name)) return;
  Access access(vm);
  record(access, name).config.error_control = error_control;
}

void put_file(VmHome& vm, const std::string& path, const std::string& content) {
  const auto& drive = vm.drive();
  simulated::disk::make_folders(drive.tree(), drive.find(machine::parent(path)).host);
  drive.tree().write(drive.find(path).host, content);
  Access(vm).changed();
}

void remove_file(VmHome& vm, const std::string& path) {
  vm.drive().tree().remove(vm.drive().find(path).host);
  Access(vm).changed();
}

bool has_file(VmHome& vm, const std::string& path) { return vm.drive().find(path).exists(); }

void delete_at_boot(VmHome& vm, const std::string& path) {
  Access access(vm);
  access.changed();
  access.state().pending_renames.push_back({path, ""});
}

void set_value(VmHome& vm, const std::string& key, const std::string& name,
               machine::RegistryType type, const std::string& data) {
  Access access(vm);
  access.changed();
  simulated::set_value(access.state(), key, name, {type, data});
}

std::string value(VmHome& vm, const std::string& key, const std::string& name) {
  Access access(vm);
  const auto* found = simulated::find_value(access.state(), key, name);
  return found == nullptr ? "" : found->value.data;
}

void erase_value(VmHome& vm, const std::string& key, const std::string& name) {
  Access access(vm);
  access.changed();
  simulated::erase_value(access.state(), key, name);
}

void limit_disk(VmHome& vm, std::uint64_t free_bytes) {
  arm(vm, "disk", {"full-at=" + std::to_string(vm.drive().used_bytes() + free_bytes)});
}

}  // namespace world
