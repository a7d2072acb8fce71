#include "actions/machine/simulated/vm.h"

#include <filesystem>
#include <utility>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/boot.h"
#include "actions/machine/simulated/disk/unsynced.h"
#include "actions/machine/simulated/guest_proxy_agent.h"
#include "actions/machine/simulated/power_cut.h"
#include "actions/machine/simulated/service_manager.h"
#include "actions/machine/simulated/vm_folder.h"
#include "errors/failure.h"

namespace machine::simulated {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFirstMoment = 1'767'225'600'000;  // 2026-01-01 00:00:00 UTC
constexpr const char* kMachineId = "5f0c6c9e-3b1f-4a0e-9d43-8e2b7a51c0d4";

errors::Failure cannot_create(const std::string& folder, const std::string& why) {
  return errors::Failure(errors::ExitCode::kUsage, folder, "create the simulated VM " + folder)
      .advise(why);
}

void put_value(MachineState& state, const std::string& key, const std::string& value,
               RegistryType type, const std::string& data) {
  RegistryKey& stored = state.registry[fold_case(key)];
  stored.name = key;
  stored.values[fold_case(value)] = {value, {type, data}};
}

void put_first_registry(MachineState& state) {
  put_value(state, R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)", "Path",
            RegistryType::kExpandString,
            R"(%SystemRoot%\system32;%SystemRoot%;%SystemRoot%\System32\Wbem)");
  put_value(state, R"(HKLM\SOFTWARE\Microsoft\NetSh)", "4", RegistryType::kString,
            "dhcpcmonitor.dll");
  put_value(state, R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion)", "CurrentBuild",
            RegistryType::kString, std::to_string(state.os_build));
}

void put_file(const disk::Drive& drive, std::string_view path, std::string_view content) {
  const disk::Place place = drive.find(path);
  disk::make_folders(drive.tree(), drive.find(parent(path)).host);
  drive.tree().write(place.host, content);
}

void put_guest_proxy_agent(MachineState& state, const disk::Drive& drive,
                           const VmOptions& options) {
  const Gpa gpa = options.gpa;
  if (gpa == Gpa::kAbsent) return;
  put_file(drive, kGuestProxyAgentImage, minimal_image("GuestProxyAgent 1.0.30"));
  disk::make_folders(drive.tree(), drive.find(kGuestProxyAgentLogs).host);
  ServiceRecord record;
  record.name = kGuestProxyAgent;
  const StartType start = gpa == Gpa::kDisabled ? StartType::kDisabled : StartType::kAutomatic;
  record.config = guest_proxy_agent_config(start, options.gpa_depends || gpa != Gpa::kRunning);
  if (gpa == Gpa::kRunning) {
    record.state = ServiceState::kRunning;
    record.exit_code = 0;
    record.process_id = state.next_process_id;
    state.next_process_id += 4;
    state.loaded.push_back({fold_case(kGuestProxyAgent),
                            record.process_id,
                            0,
                            {drive.file_id(drive.find(kGuestProxyAgentImage))}});
    write_guest_proxy_agent_status(state, drive);
    state.next_agent_status_at = state.clock_ms + kAgentStatusEveryMs;
  }
  state.services[fold_case(kGuestProxyAgent)] = record;
}

}  // namespace

MachineState furnish(const disk::Drive& drive, const VmOptions& options) {
  for (const char* path : {R"(C:\Program Files)", R"(C:\ProgramData)", R"(C:\Windows\Logs)",
                           R"(C:\Windows\System32\drivers)", R"(C:\Windows\Temp)"}) {
    disk::make_folders(drive.tree(), drive.find(path).host);
  }
  put_file(drive, R"(C:\Windows\System32\netsh.exe)", minimal_image("netsh"));
  MachineState state;
  state.clock_ms = kFirstMoment;
  state.booted_at_ms = kFirstMoment - 60'000;
  state.machine_id = kMachineId;
  state.os_build = options.os_build;
  state.architecture = options.architecture;
  put_first_registry(state);
  put_guest_proxy_agent(state, drive, options);
  return state;
}

void create_vm(const std::string& folder, const VmOptions& options) {
  if (fs::exists(folder) && (!fs::is_directory(folder) || !fs::is_empty(folder))) {
    throw cannot_create(folder, "The folder is not empty: choose another one, or delete it.");
  }
  std::error_code error;
  fs::create_directories(folder + "/C", error);
  if (error) throw cannot_create(folder, error.message());
  disk::FolderTree tree;
  const disk::Drive drive(tree, fs::absolute(folder).lexically_normal().string() + "/C");
  MachineState state = furnish(drive, options);
  state.drive_identity = tree.identity(drive.root());
  write_state(folder, state);
}

void reboot(VmHome& vm, const Reboot& how) {
  Access access(vm);
  access.changed();
  if (how.power_cut) lose_power(access.state(), vm.unsynced(), how.seed);
  vm.unsynced().forget_all();
  boot(access.state(), vm.drive());
}

void reboot(const std::string& folder, const Reboot& how) {
  VmFolder vm(folder);
  reboot(vm, how);
}

void copy_vm(const std::string& from, const std::string& to) {
  if (fs::exists(to)) throw cannot_create(to, "Something is there already.");
  VmFolder vm(from);
  const Access access(vm);  // nobody changes it meanwhile
  fs::copy(vm.path(), to, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  disk::FolderTree tree;
  const disk::Drive copy(tree, fs::absolute(to).lexically_normal().string() + "/C");
  vm.drive().walk([&](const disk::Place& place) {
    if (!place.is_link()) tree.take_id(vm.drive().file_id(place), copy.find(place.windows).host);
  });
  for (const std::string& id : tree.names(vm.graveyard()))
    tree.take_id(id, to + "/graveyard/" + id);
}

}  // namespace machine::simulated
