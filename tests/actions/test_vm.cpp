#include "tests/actions/test_vm.h"

#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <vector>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "actions/machine/simulated/vm.h"
#include "actions/services/service_control.h"

namespace actions::testing {
namespace {

namespace fs = std::filesystem;
namespace simulated = machine::simulated;

constexpr std::int64_t kLongMs = 120'000;

// By their paths below `home`; folders end in '/'.
std::map<std::string, std::string> files_in(const fs::path& home) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(home)) {
    const std::string path = entry.path().lexically_relative(home).string();
    if (entry.is_directory()) {
      files[path + "/"];
    } else {
      files[path] = lab::read_file(entry.path());
    }
  }
  return files;
}

void put_files(const fs::path& home, const std::map<std::string, std::string>& files) {
  for (const auto& entry : fs::directory_iterator(home))
    fs::remove_all(entry.path());
  for (const auto& [path, content] : files) {
    if (path.ends_with('/')) {
      fs::create_directories(home / path);
    } else {
      lab::write_file(home / path, content);
    }
  }
}

}  // namespace

TestVm::TestVm() : package_(std::make_shared<lab::TemporaryFolder>()) {
  fs::create_directory(payload_folder());
  vm_ = std::make_unique<simulated::MemoryVm>(home_.path().string(),
                                              simulated::VmOptions{.gpa = simulated::Gpa::kAbsent});
  open();
  make_folder(kJournalFolder);
}

TestVm::TestVm(const TestVm& other) : package_(other.package_) {
  put_files(home_.path(), files_in(other.home_.path()));
  vm_ = std::make_unique<simulated::MemoryVm>(home_.path().string(), other.vm_->value());
  open();
}

void TestVm::open() { machine_ = std::make_unique<simulated::SimulatedMachine>(*vm_); }

TestVm::Photograph TestVm::photograph() const { return {vm_->value(), files_in(home_.path())}; }

void TestVm::become(const Photograph& photograph) {
  machine_.reset();  // saves its clock into what goes now
  if (files_in(home_.path()) != photograph.journal) put_files(home_.path(), photograph.journal);
  vm_->put(photograph.value);
  if (!(this->photograph() == photograph))
    throw std::logic_error("a machine that was photographed cannot be restored");
  open();
}

machine::Files& TestVm::files() { return machine_->files(); }
machine::Services& TestVm::services() { return machine_->services(); }
machine::Registry& TestVm::registry() { return machine_->registry(); }
machine::Tasks& TestVm::tasks() { return machine_->tasks(); }
machine::DataCollectors& TestVm::data_collectors() { return machine_->data_collectors(); }
machine::System& TestVm::system() { return machine_->system(); }

std::string TestVm::picture() const {
  simulated::MemoryHome another_process(*vm_);
  std::string picture = simulated::snapshot(another_process);
  vm_->drive().walk([&](const simulated::disk::Place& place) {
    picture += place.windows;
    if (place.is_file()) picture += " " + vm_->drive().tree().sha256(place.host);
    picture += place.is_readonly() ? " read-only\n" : "\n";
  });
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
  services::ServiceControl(machine(), name, in(kLongMs)).start(errors::ExitCode::kStartDriver);
}

void TestVm::stop(const std::string& name) {
  services::ServiceControl(machine(), name, in(kLongMs)).stop();
}

void TestVm::arm(const std::string& object, std::initializer_list<std::string> settings) {
  const std::vector<std::string> list(settings);
  simulated::MemoryHome another_process(*vm_);
  simulated::set_behaviour(another_process, object, list);
}

void TestVm::reboot() {
  simulated::MemoryHome another_process(*vm_);
  simulated::reboot(another_process);
}

void TestVm::power_cut(std::uint64_t seed) {
  simulated::MemoryHome another_process(*vm_);
  simulated::reboot(another_process, {.power_cut = true, .seed = seed});
}

void TestVm::put_payload(const std::string& path, const std::string& content) {
  const fs::path file = fs::path(payload_folder()) / path;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
}

}  // namespace actions::testing
