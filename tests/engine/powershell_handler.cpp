#include "tests/engine/powershell_handler.h"

#include <array>

#include "actions/files/file_tree.h"
#include "actions/machine/paths.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "actions/registry/remove_from_path.h"
#include "actions/registry/unregister_netsh_helper.h"
#include "actions/services/service_control.h"
#include "engine/product/inventory.h"
#include "engine/product/places.h"

namespace engine {
namespace {

constexpr std::array kDrivers{"NetEbpfExt", "EbpfCore"};

actions::Deadline in_a_minute(machine::Machine& machine) {
  return {machine.system().monotonic_ms() + 60'000};
}

void stop(machine::Machine& machine, const std::string& service) {
  if (!machine.services().status(service)) return;
  actions::services::ServiceControl(machine, service, in_a_minute(machine)).stop();
}

void stop_all(machine::Machine& machine) {
  for (const char* service : {"GuestProxyAgent", "eBPFSvc", "NetEbpfExt", "EbpfCore"})
    stop(machine, service);
}

template <class Removal>
void carry_out(machine::Machine& machine, const Removal& removal) {
  removal.apply(machine, removal.capture(machine), in_a_minute(machine));
}

}  // namespace

void leave_its_files(machine::Machine& machine) {
  const std::string folder = product::default_install_folder(machine);
  machine.files().create_folder(folder + "\\Status");
  machine.files().create_folder(folder + "\\RuntimeSettings");
  machine.files().write(folder + "\\Status\\0.status", "[]");
  machine.files().write(folder + "\\HandlerEnvironment.json", "[{}]");
  machine.files().set_readonly(folder + "\\HandlerEnvironment.json", true);
}

void powershell_disable(machine::Machine& machine) {
  for (const char* driver : kDrivers) {
    auto config = machine.services().config(driver);
    if (!config) continue;
    config->start = machine::StartType::kDisabled;
    machine.services().change(driver, *config);
  }
  stop_all(machine);
}

void powershell_uninstall(machine::Machine& machine, Generation generation) {
  if (generation == Generation::kSecond && upgrading_key_is_there(machine)) return;
  const std::string folder = product::default_install_folder(machine);
  stop_all(machine);
  for (const char* driver : kDrivers) {
    if (machine.services().config(driver)) machine.services().remove(driver);
  }
  for (const char* task : {"eBpfTracingStartupTask", "eBpfTracingPeriodicTask"})
    machine.tasks().remove(task);
  carry_out(machine, actions::registry::RemoveFromPath(folder));
  carry_out(machine, actions::registry::UnregisterNetshHelper(folder + "\\ebpfnetsh.dll"));
  const actions::files::FileTree tree = actions::files::FileTree::below(machine.files(), folder);
  for (const auto& file : tree.files) {
    if (file.info.readonly) machine.files().set_readonly(file.path, false);
    machine.files().remove(file.path);
  }
  for (auto path = tree.folders.rbegin(); path != tree.folders.rend(); ++path)
    machine.files().remove_folder(*path);
}

bool upgrading_key_is_there(machine::Machine& machine) {
  constexpr const char* kKey = R"(HKLM\SOFTWARE\Microsoft\Windows Azure\EbpfUpgrading)";
  return !machine.registry().subtree(kKey).empty();
}

}  // namespace engine
