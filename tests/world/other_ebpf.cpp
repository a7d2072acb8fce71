#include "tests/world/other_ebpf.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include "actions/machine/paths.h"
#include "actions/machine/services.h"
#include "actions/machine/sha256.h"
#include "actions/machine/simulated/registry_state.h"
#include "actions/machine/simulated/service_manager.h"
#include "actions/machine/simulated/state.h"
#include "errors/failure.h"
#include "tests/world/furniture.h"

namespace world {
namespace {

namespace fs = std::filesystem;
namespace simulated = machine::simulated;
using machine::ServiceConfig;
using machine::StartType;
using simulated::Access;
using simulated::ServiceManager;

constexpr std::int64_t kSettleMs = 120'000;
constexpr const char* kNetshKey = R"(HKLM\SOFTWARE\Microsoft\NetSh)";
constexpr std::array kStoreKeys{R"(HKLM\Software\eBPF\Providers)",
                                R"(HKU\S-1-5-18\Software\eBPF\Providers)"};

struct Part {
  const char* service;
  const char* file;  // below the install folder
};
constexpr std::array<Part, 3> kParts{{{kCore, R"(drivers\ebpfcore.sys)"},
                                      {kExtension, R"(drivers\netebpfext.sys)"},
                                      {kEbpfService, "ebpfsvc.exe"}}};

std::string in_folder(const std::string& file) { return std::string(kInstallFolder) + "\\" + file; }

// As the payload spells it; nullopt: it does not have it.
std::optional<std::string> file_of(const OtherEbpf& ebpf, const Part& part) {
  for (const auto& [path, bytes] : ebpf.files) {
    if (machine::equal_paths(path, part.file)) return path;
  }
  return std::nullopt;
}

template <typename Call>
void change_services(VmHome& vm, Call call) {
  Access access(vm);
  access.changed();
  ServiceManager services(access.state(), vm.drive());
  call(services);
  services.advance_to(access.state().clock_ms + kSettleMs);
}

// Returns those of others, in the order in which they stopped.
std::vector<std::string> stop_all(VmHome& vm) {
  std::vector<std::string> others;
  for (auto part = kParts.rbegin(); part != kParts.rend(); ++part) {
    if (!has_service(vm, part->service)) continue;
    std::vector<std::string> dependents;
    change_services(vm, [&](ServiceManager& services) {
      dependents = services.active_dependents(part->service);
    });
    for (const std::string& name : dependents) {
      stop(vm, name);
      const bool is_part = std::ranges::any_of(
          kParts, [&](const Part& p) { return machine::equal_names(p.service, name); });
      if (!is_part) others.push_back(name);
    }
    stop(vm, part->service);
  }
  return others;
}

void start_all(VmHome& vm, const std::vector<std::string>& others) {
  for (const Part& part : kParts)
    start(vm, part.service);
  for (auto name = others.rbegin(); name != others.rend(); ++name)
    start(vm, *name);
}

ServiceConfig registration(const Part& part, const std::string& image) {
  ServiceConfig config;
  config.start = StartType::kAutomatic;
  config.image = image;
  config.display = part.service;
  if (std::string_view(part.service) != kEbpfService) return config;
  config.type = machine::ServiceType::kOwnProcess;
  config.image = "\"" + image + "\"";
  config.display = "eBPF Service";
  config.account = R"(NT AUTHORITY\LocalService)";
  config.sid_type = machine::SidType::kRestricted;
  config.depends_on = {kCore};
  return config;
}

void register_all(VmHome& vm, const OtherEbpf& ebpf) {
  for (const Part& part : kParts) {
    const auto file = file_of(ebpf, part);
    if (!file) {
      remove_service(vm, part.service);
      continue;
    }
    const ServiceConfig config = registration(part, in_folder(*file));
    const bool there = has_service(vm, part.service);
    change_services(vm, [&](ServiceManager& services) {
      if (there) {
        services.change(part.service, config);
      } else {
        services.create(part.service, config);
      }
    });
  }
}

std::string sha_of(VmHome& vm, const std::string& path) {
  const auto place = vm.drive().find(path);
  return place.is_file() ? vm.drive().tree().sha256(place.host) : "";
}

// Returns true if it was another file, or none.
bool put_new(VmHome& vm, const std::string& file, const std::string& bytes) {
  const std::string path = in_folder(file);
  if (sha_of(vm, path) == machine::sha256_of(bytes)) return false;
  if (has_file(vm, path)) remove_file(vm, path);  // another file has another id
  put_file(vm, path, bytes);
  return true;
}

void leave_registry(VmHome& vm) {
  std::string path;
  std::string rest = value(vm, kEnvironmentKey, "Path") + ";";
  for (std::size_t end = rest.find(';'); end != std::string::npos; end = rest.find(';')) {
    const std::string segment = rest.substr(0, end);
    rest = rest.substr(end + 1);
    if (segment.empty() || machine::is_within(segment, kInstallFolder)) continue;
    path += (path.empty() ? "" : ";") + segment;
  }
  if (path != value(vm, kEnvironmentKey, "Path"))
    set_value(vm, kEnvironmentKey, "Path", machine::RegistryType::kExpandString, path);
  erase_value(vm, kNetshKey, "ebpfnetsh");
  Access access(vm);
  access.changed();
  for (const char* key : kStoreKeys)
    simulated::erase_tree(access.state(), key);
  std::erase_if(access.state().tasks, [](const auto& task) {
    return machine::fold_case(task.first).find("ebpf") != std::string::npos &&
           machine::fold_case(task.first).find("recovery") == std::string::npos;
  });
  access.state().data_collectors.erase("ebpf_diag");
}

}  // namespace

OtherEbpf other_ebpf_in(const std::string& folder, const std::string& version) {
  fs::path root;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(folder, none)) {
    if (machine::equal_names(entry.path().filename().string(), "ebpfapi.dll"))
      root = entry.path().parent_path();
  }
  if (root.empty())
    throw errors::Failure(errors::ExitCode::kUsage, folder, "find a payload in " + folder);
  OtherEbpf ebpf{version, {}};
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::string name = fs::relative(entry.path(), root).generic_string();
    std::ranges::replace(name, '/', '\\');
    std::ifstream in(entry.path(), std::ios::binary);
    ebpf.files[name] = {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  return ebpf;
}

const OtherEbpf& other_ebpf(const std::string& version) {
  static std::map<std::string, OtherEbpf> read;
  const auto found = read.find(version);
  if (found != read.end()) return found->second;
  return read[version] = other_ebpf_in(std::string(EBPF_TEST_PAYLOADS) + "/" + version, version);
}

void put_ebpf(VmHome& vm, const OtherEbpf& ebpf) {
  const std::vector<std::string> others = stop_all(vm);
  for (const auto& [file, bytes] : ebpf.files)
    put_new(vm, file, bytes);
  register_all(vm, ebpf);
  start_all(vm, others);
}

void take_ebpf(VmHome& vm, const OtherEbpf& ebpf) {
  stop_all(vm);
  for (auto part = kParts.rbegin(); part != kParts.rend(); ++part)
    remove_service(vm, part->service);
  std::vector<std::string> folders{kInstallFolder};
  for (const auto& [file, bytes] : ebpf.files) {
    const std::string path = in_folder(file);
    if (has_file(vm, path)) remove_file(vm, path);
    folders.push_back(machine::parent(path));
  }
  std::ranges::sort(folders, [](const auto& a, const auto& b) { return a.size() > b.size(); });
  const auto& drive = vm.drive();
  for (const std::string& folder : folders) {
    const auto place = drive.find(folder);
    if (place.is_folder() && drive.tree().names(place.host).empty())
      drive.tree().remove(place.host);
  }
  leave_registry(vm);
}

}  // namespace world
