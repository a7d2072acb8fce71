#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/machine/data_collectors.h"
#include "actions/machine/files.h"
#include "actions/machine/machine.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/simulated/memory_vm.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "tests/lab/temporary_folder.h"

namespace actions::testing {

inline constexpr const char* kInstallFolder = R"(C:\Program Files\ebpf-for-windows)";
inline constexpr const char* kJournalFolder = R"(C:\ProgramData\EbpfForWindows)";
inline constexpr const char* kWorkFolder = R"(C:\ProgramData\EbpfForWindows\txn-7)";
inline constexpr std::int64_t kEnoughMs = 60'000;  // for any action but those that run a program

inline std::string installed(const std::string& path) {
  return std::string(kInstallFolder) + "\\" + path;
}

// A simulated VM without GuestProxyAgent, in memory; beside it a folder of the host for a package.
class TestVm {
 public:
  // All that is left of the machine when the process that works on it dies.
  struct Photograph {
    machine::simulated::MemoryVm::Value value;
    std::map<std::string, std::string> journal;  // the journal's own files: memory_tree.h
    bool operator==(const Photograph& other) const = default;
  };

  TestVm();
  // An equal machine, as saved: same file ids, same clock. The package's folder is shared.
  TestVm(const TestVm& other);
  TestVm& operator=(const TestVm&) = delete;

  Photograph photograph() const;
  // Is from now on the machine that was photographed, here or on an equal TestVm, for a new
  // process. Throws std::logic_error where that is not so then.
  void become(const Photograph& photograph);
  // Called after each change of the machine, also between those that one call makes.
  void observe(std::function<void()> changed) { vm_->observe(std::move(changed)); }

  machine::Machine& machine() { return *machine_; }
  machine::Files& files();
  machine::Services& services();
  machine::Registry& registry();
  machine::Tasks& tasks();
  machine::DataCollectors& data_collectors();
  machine::System& system();

  // All that a test compares: the VM's own snapshot, and each file and folder on its drive with its
  // content, also those that the snapshot leaves out.
  std::string picture() const;
  Deadline in(std::int64_t milliseconds);

  void make_folder(const std::string& path);                            // and its parents
  void put(const std::string& path, const std::string& content);        // and its folders
  void put_image(const std::string& path, const std::string& content);  // an image that loads
  std::string content(const std::string& path);
  bool exists(const std::string& path);
  void add_driver(const std::string& name, bool running);
  void add_program(const std::string& name, bool running);  // own process, automatic
  void start(const std::string& name);
  void stop(const std::string& name);
  void arm(const std::string& object, std::initializer_list<std::string> settings);
  void reboot();
  // What was not made durable is lost: all of it with seed 0, else a part.
  void power_cut(std::uint64_t seed);

  // Files of the package, on the host.
  std::string payload_folder() const { return (package_->path() / "payload").string(); }
  void put_payload(const std::string& path, const std::string& content);

 private:
  void open();

  std::shared_ptr<const lab::TemporaryFolder> package_;
  lab::TemporaryFolder home_;
  std::unique_ptr<machine::simulated::MemoryVm> vm_;
  std::unique_ptr<machine::Machine> machine_;
};

machine::ServiceConfig driver_config(const std::string& image);
std::string driver_image(const std::string& name);

}  // namespace actions::testing
