#include "tests/actions/test_vm.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <span>
#include <vector>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "actions/machine/simulated/vm.h"
#include "actions/service_control.h"

namespace actions::testing {
namespace {

namespace fs = std::filesystem;
namespace simulated = machine::simulated;

constexpr std::int64_t kLongMs = 120'000;

std::string new_folder() {
  static int number = 0;
  const std::string name = "actions-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
  const fs::path folder = fs::path(::testing::TempDir()) / name;
  fs::remove_all(folder);
  fs::create_directories(folder / "payload");
  return folder.string();
}

}  // namespace

TestVm::TestVm() : folder_(new_folder()) {
  simulated::VmOptions options;
  options.gpa = simulated::Gpa::kAbsent;
  simulated::create_vm(folder_ + "/vm", options);
  open();
  make_folder(kJournalFolder);
}

TestVm::TestVm(const TestVm& other) : folder_(new_folder()) {
  simulated::copy_vm(other.folder_ + "/vm", folder_ + "/vm");
  fs::copy(other.payload_folder(), payload_folder(),
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  open();
}

TestVm::~TestVm() {
  machine_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void TestVm::open() { machine_ = std::make_unique<simulated::SimulatedMachine>(folder_ + "/vm"); }

machine::Files& TestVm::files() { return machine_->files(); }
machine::Services& TestVm::services() { return machine_->services(); }
machine::Registry& TestVm::registry() { return machine_->registry(); }
machine::Tasks& TestVm::tasks() { return machine_->tasks(); }
machine::System& TestVm::system() { return machine_->system(); }

std::string TestVm::picture() const {
  std::set<std::string> paths;
  const fs::path drive = fs::path(folder_) / "vm" / "C";
  for (const auto& entry : fs::recursive_directory_iterator(drive)) {
    paths.insert(fs::relative(entry.path(), drive).string());
  }
  std::string picture = simulated::snapshot(folder_ + "/vm");
  for (const std::string& path : paths)
    picture += path + "\n";
  return picture;
}

Deadline TestVm::in(std::int64_t milliseconds) {
  return Deadline{system().monotonic_ms() + milliseconds};
}

void TestVm::make_folder(const std::string& path) {
  if (exists(path)) return;
  make_folder(machine::parent(path));
  files().create_folder(path);
}

void TestVm::put(const std::string& path, const std::string& content) {
  make_folder(machine::parent(path));
  files().write(path, content);
}

void TestVm::put_image(const std::string& path, const std::string& content) {
  put(path, simulated::minimal_image(content));
}

std::string TestVm::content(const std::string& path) { return files().read(path, 1 << 20); }

bool TestVm::exists(const std::string& path) { return files().stat(path).has_value(); }

machine::ServiceConfig driver_config(const std::string& image) {
  machine::ServiceConfig config;
  config.image = image;
  return config;
}

std::string driver_image(const std::string& name) {
  return std::string(kInstallFolder) + "\\drivers\\" + name + ".sys";
}

void TestVm::add_driver(const std::string& name, bool running) {
  put_image(driver_image(name), name);
  services().create(name, driver_config(driver_image(name)));
  if (running) start(name);
}

void TestVm::add_program(const std::string& name, bool running) {
  machine::ServiceConfig config;
  config.type = machine::ServiceType::kOwnProcess;
  config.start = machine::StartType::kAutomatic;
  config.image = std::string(kInstallFolder) + "\\" + name + ".exe";
  config.account = "NT AUTHORITY\\LocalService";
  put_image(config.image, name);
  services().create(name, config);
  if (running) start(name);
}

void TestVm::start(const std::string& name) {
  ServiceControl(machine(), name, in(kLongMs)).start(errors::ExitCode::kStartDriver);
}

void TestVm::stop(const std::string& name) { ServiceControl(machine(), name, in(kLongMs)).stop(); }

void TestVm::arm(const std::string& object, std::initializer_list<std::string> settings) {
  const std::vector<std::string> list(settings);
  simulated::set_behaviour(folder_ + "/vm", object, list);
}

void TestVm::reboot() { simulated::reboot(folder_ + "/vm"); }

void TestVm::power_cut(std::uint64_t seed) {
  simulated::reboot(folder_ + "/vm", {.power_cut = true, .seed = seed});
}

void TestVm::put_payload(const std::string& path, const std::string& content) {
  const fs::path file = fs::path(payload_folder()) / path;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
}

}  // namespace actions::testing
