#include "tests/world/powershell_handler.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "actions/machine/files.h"
#include "actions/machine/host_files.h"
#include "actions/machine/paths.h"
#include "actions/machine/processes.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "errors/failure.h"

namespace world {
namespace {

namespace fs = std::filesystem;
using machine::FileKind;
using machine::Machine;
using machine::ServiceState;
using machine::StartType;

constexpr const char* kFolder = R"(C:\Program Files\ebpf-for-windows)";
constexpr const char* kEnvironment =
    R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)";
constexpr const char* kNetsh = R"(HKLM\SOFTWARE\Microsoft\NetSh)";
constexpr const char* kProxyService = "GuestProxyAgent";
constexpr std::array kDrivers{"EbpfCore", "NetEbpfExt"};  // in the order in which they start
constexpr std::array kTasks{"eBpfTracingStartupTask", "eBpfTracingPeriodicTask"};
constexpr std::array kTaskFiles{"ebpf_tracing_startup_task.xml", "ebpf_tracing_periodic_task.xml"};
constexpr std::int64_t kMinuteMs = 60'000;

std::string driver_file(std::string_view driver) {
  return std::string(kFolder) + "\\drivers\\" + machine::fold_case(driver) + ".sys";
}

ServiceState service_state(Machine& machine, std::string_view service) {
  const auto status = machine.services().status(service);
  return status ? status->state : ServiceState::kStopped;
}

// Asks, and waits a minute at most.
bool bring_to(Machine& machine, std::string_view service, ServiceState wanted) {
  if (!machine.services().config(service)) return false;
  const std::int64_t until = machine.system().monotonic_ms() + kMinuteMs;
  bool asked = false;
  while (service_state(machine, service) != wanted) {
    if (machine.system().monotonic_ms() >= until) return false;
    const auto refused = errors::failure_in([&] {
      if (asked) return;
      if (wanted == ServiceState::kRunning) machine.services().start(service);
      if (wanted == ServiceState::kStopped) machine.services().stop(service);
    });
    if (refused) return false;
    asked = true;
    machine.system().wait_ms(500);
  }
  return true;
}

// GuestProxyAgent goes with the drivers.
void stop_all(Machine& machine) {
  for (const char* service : {kProxyService, "eBPFSvc", "NetEbpfExt", "EbpfCore"})
    bring_to(machine, service, ServiceState::kStopped);
}

void set_start(Machine& machine, const char* service, StartType start) {
  auto config = machine.services().config(service);
  if (!config || config->start == start) return;
  config->start = start;
  errors::failure_in([&] { machine.services().change(service, *config); });
}

// Files below a folder of the machine, folders behind what is in them.
void list_below(Machine& machine, const std::string& folder, std::vector<std::string>& files,
                std::vector<std::string>& folders) {
  for (const std::string& name : machine.files().list(folder)) {
    const std::string path = folder + "\\" + name;
    const auto info = machine.files().stat(path);
    if (info && info->kind == FileKind::kFolder) {
      list_below(machine, path, files, folders);
    } else {
      files.push_back(path);
    }
  }
  folders.push_back(folder);
}

void make_folder(Machine& machine, const std::string& folder) {
  if (machine.files().stat(folder)) return;
  make_folder(machine, machine::parent(folder));
  machine.files().create_folder(folder);
}

// The payload of a package lies in bin, or beside the scripts.
fs::path payload_of(const fs::path& folder) {
  return fs::is_directory(folder / "bin") ? folder / "bin" : folder;
}

std::optional<fs::path> host_file(const fs::path& payload, const std::string& name) {
  if (!fs::is_directory(payload)) return std::nullopt;
  for (const auto& entry : fs::recursive_directory_iterator(payload)) {
    if (entry.is_regular_file() && machine::equal_names(entry.path().filename().string(), name))
      return entry.path();
  }
  return std::nullopt;
}

std::string read_host(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Its three numbers; "" where there is none that can be read.
std::string numbers(const std::optional<machine::PeVersion>& version) {
  if (!version) return "";
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

bool is_older(const machine::PeVersion& a, const machine::PeVersion& b) {
  return std::tie(a.major, a.minor, a.patch) < std::tie(b.major, b.minor, b.patch);
}

// Task XML is UTF-16 with plain letters only.
std::string letters_of(const std::string& xml) {
  std::string letters;
  for (const char c : xml) {
    if (c != '\0' && static_cast<unsigned char>(c) < 0x80) letters += c;
  }
  return letters;
}

std::vector<std::string> path_segments(Machine& machine, machine::RegistryValue& value) {
  const auto found = machine.registry().get(kEnvironment, "Path");
  if (found) value = *found;
  std::vector<std::string> segments;
  std::string rest = value.data;
  for (std::size_t end = 0; end != std::string::npos; rest.erase(0, end + 1)) {
    end = rest.find(';');
    segments.push_back(rest.substr(0, end));
    if (end == std::string::npos) break;
  }
  return segments;
}

void put_path(Machine& machine, const std::vector<std::string>& segments,
              machine::RegistryValue value) {
  value.data.clear();
  for (const std::string& segment : segments)
    value.data += (value.data.empty() ? "" : ";") + segment;
  machine.registry().set(kEnvironment, "Path", value);
}

bool is_its_folder(const std::string& segment) { return machine::equal_paths(segment, kFolder); }

}  // namespace

int PowerShellHandler::run(std::string_view command) {
  if (command == "install") return install();
  if (command == "enable") return enable();
  if (command == "disable") return disable();
  if (command == "update") return update();
  if (command == "uninstall") return uninstall();
  return kPowerShellDone;  // reset
}

int PowerShellHandler::install() { return bring(Downgrade::kRefused); }

int PowerShellHandler::update() {
  if (generation_ == Generation::kFirst) return kPowerShellDone;
  const bool was_there = upgrading_key_is_there(machine_);
  machine_.registry().set(kUpgrading, "Upgrading", {machine::RegistryType::kString, "1"});
  const int code = bring(was_there ? Downgrade::kAllowed : Downgrade::kRefused);
  if (code != kPowerShellDone) machine_.registry().remove_key(kUpgrading);
  return code;
}

int PowerShellHandler::enable() {
  if (generation_ != Generation::kFirst && upgrading_key_is_there(machine_)) {
    machine_.registry().remove_key(kUpgrading);
    return kPowerShellDone;
  }
  return start_all();
}

int PowerShellHandler::disable() {
  for (const char* driver : kDrivers)
    set_start(machine_, driver, StartType::kDisabled);
  stop_all(machine_);
  return kPowerShellDone;
}

int PowerShellHandler::uninstall() {
  if (generation_ != Generation::kFirst && upgrading_key_is_there(machine_)) return kPowerShellDone;
  remove_all();
  return kPowerShellDone;
}

// Looks into the default folder only.
int PowerShellHandler::bring(Downgrade downgrade) {
  const auto driver = host_file(payload_of(folder_), "ebpfcore.sys");
  if (!driver) return kPowerShellHasNoFiles;
  const auto comes = machine_.host().version(driver->string());
  const auto found = machine_.files().version(driver_file("EbpfCore"));
  const bool registered = machine_.services().config("EbpfCore").has_value();
  if (found && registered && numbers(found) == numbers(comes)) return start_all();
  if (found && comes && is_older(*comes, *found) && downgrade == Downgrade::kRefused)
    return kPowerShellRefusesOlder;
  if (found || registered) remove_all();
  const int code = put_in_place();
  return code == kPowerShellDone ? start_all() : code;
}

int PowerShellHandler::put_in_place() {
  const fs::path payload = payload_of(folder_);
  for (const auto& entry : fs::recursive_directory_iterator(payload)) {
    const std::string path = fs::relative(entry.path(), payload).generic_string();
    if (!entry.is_regular_file() || path.starts_with("scripts/") || path.ends_with(".json"))
      continue;
    const std::string target = machine::join(kFolder, path);
    make_folder(machine_, machine::parent(target));
    if (machine_.files().stat(target)) machine_.files().remove(target);
    machine_.files().copy_in(entry.path().string(), target);
  }
  for (const char* driver : kDrivers) {
    machine::ServiceConfig config;
    config.start = StartType::kAutomatic;
    config.image = driver_file(driver);
    config.display = driver;
    if (errors::failure_in([&] { machine_.services().create(driver, config); }))
      return kPowerShellMakesNoService;
  }
  register_extras();
  machine_.system().flush();
  return kPowerShellDone;
}

void PowerShellHandler::register_extras() {
  machine::RegistryValue value{machine::RegistryType::kExpandString, ""};
  std::vector<std::string> segments = path_segments(machine_, value);
  if (std::ranges::none_of(segments, is_its_folder)) {
    segments.emplace_back(kFolder);
    put_path(machine_, segments, value);
  }
  machine_.registry().set(
      kNetsh, "ebpfnetsh",
      {machine::RegistryType::kString, std::string(kFolder) + "\\ebpfnetsh.dll"});
  for (std::size_t index = 0; index < kTasks.size(); ++index) {
    const auto file = host_file(payload_of(folder_), kTaskFiles.at(index));
    if (file) machine_.tasks().put(kTasks.at(index), letters_of(read_host(*file)));
  }
  const std::string tool = std::string(kFolder) + "\\export_program_info.exe";
  if (!machine_.files().stat(tool)) return;
  const std::array<std::string, 1> clear{"--clear"};
  const std::int64_t until = machine_.system().monotonic_ms() + kMinuteMs;
  machine_.processes().run(tool, clear, until);
  machine_.processes().run(tool, std::span<const std::string>(), until);
}

// Whatever else lies in the default folder goes too, and the whole store.
void PowerShellHandler::remove_all() {
  stop_all(machine_);
  for (const char* driver : kDrivers) {
    if (machine_.services().config(driver))
      errors::failure_in([&] { machine_.services().remove(driver); });
  }
  for (const char* task : kTasks)
    machine_.tasks().remove(task);
  machine::RegistryValue value;
  std::vector<std::string> segments = path_segments(machine_, value);
  if (std::erase_if(segments, is_its_folder) > 0) put_path(machine_, segments, value);
  const std::vector<machine::RegistryKeyContent> helpers = machine_.registry().subtree(kNetsh);
  for (const machine::RegistryKeyContent& key : helpers) {
    for (const auto& [name, helper] : key.values) {
      if (machine::equal_paths(machine::file_name(helper.data), "ebpfnetsh.dll"))
        machine_.registry().remove_value(key.key, name);
    }
  }
  const std::string tool = std::string(kFolder) + "\\export_program_info.exe";
  if (generation_ == Generation::kThird && machine_.files().stat(tool)) {
    const std::array<std::string, 1> clear{"--clear"};
    machine_.processes().run(tool, clear, machine_.system().monotonic_ms() + kMinuteMs);
  }
  if (!machine_.files().stat(kFolder)) return;
  std::vector<std::string> files;
  std::vector<std::string> folders;
  list_below(machine_, kFolder, files, folders);
  for (const std::string& file : files) {
    errors::failure_in([&] {
      machine_.files().set_readonly(file, false);
      machine_.files().remove(file);
    });
  }
  for (const std::string& folder : folders)
    errors::failure_in([&] { machine_.files().remove_folder(folder); });
}

// Ends by restarting GuestProxyAgent.
int PowerShellHandler::start_all() {
  for (const char* driver : kDrivers) {
    set_start(machine_, driver, StartType::kAutomatic);
    if (!bring_to(machine_, driver, ServiceState::kRunning)) return kPowerShellStartsNoDriver;
  }
  const auto proxy = machine_.services().config(kProxyService);
  if (!proxy || proxy->start == StartType::kDisabled) return kPowerShellDone;
  bring_to(machine_, kProxyService, ServiceState::kStopped);
  bring_to(machine_, kProxyService, ServiceState::kRunning);
  return kPowerShellDone;
}

void leave_its_files(Machine& machine) {
  const std::string folder = kFolder;
  machine.files().create_folder(folder + "\\Status");
  machine.files().create_folder(folder + "\\RuntimeSettings");
  machine.files().write(folder + "\\Status\\0.status", "[]");
  machine.files().write(folder + "\\HandlerEnvironment.json", "[{}]");
  machine.files().set_readonly(folder + "\\HandlerEnvironment.json", true);
}

bool upgrading_key_is_there(Machine& machine) {
  return !machine.registry().subtree(kUpgrading).empty();
}

int run_guest_proxy_setup(Machine& machine, const fs::path& payload) {
  const auto depend_on_all = [&machine] {
    auto config = machine.services().config(kProxyService);
    if (!config) return;
    config->depends_on = {"EbpfCore", "NetEbpfExt"};
    if (machine.services().config("eBPFSvc")) config->depends_on.emplace_back("eBPFSvc");
    machine.services().change(kProxyService, *config);
  };
  constexpr int kTries = 5;
  constexpr std::int64_t kBetweenMs = 15'000;
  depend_on_all();
  const int code = PowerShellHandler(machine, Generation::kThird, payload).install();
  depend_on_all();
  for (int tried = 0;
       tried < kTries && service_state(machine, kProxyService) != ServiceState::kRunning; ++tried) {
    if (tried > 0) machine.system().wait_ms(kBetweenMs);
    bring_to(machine, kProxyService, ServiceState::kRunning);
  }
  machine.system().flush();
  return code;
}

}  // namespace world
