#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/machine/files.h"
#include "actions/machine/machine.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"

namespace actions::testing {

inline constexpr const char* kInstallFolder = R"(C:\Program Files\ebpf-for-windows)";
inline constexpr const char* kJournalFolder = R"(C:\ProgramData\EbpfForWindows)";
inline constexpr const char* kWorkFolder = R"(C:\ProgramData\EbpfForWindows\txn-7)";
inline constexpr std::int64_t kEnoughMs = 60'000;  // for any action but those that run a program

inline std::string installed(const std::string& path) {
  return std::string(kInstallFolder) + "\\" + path;
}

// A simulated VM without GuestProxyAgent, in a folder that goes with it; beside it a folder of the
// host for a package.
class TestVm {
 public:
  TestVm();
  TestVm(const TestVm& other);  // an equal machine: same file ids, same clock
  TestVm& operator=(const TestVm&) = delete;
  ~TestVm();

  machine::Machine& machine() { return *machine_; }
  machine::Files& files();
  machine::Services& services();
  machine::Registry& registry();
  machine::Tasks& tasks();
  machine::System& system();

  // All that a test compares: the VM's own snapshot, and each file and folder on its drive, also
  // those that the snapshot leaves out.
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
  std::string payload_folder() const { return folder_ + "/payload"; }
  void put_payload(const std::string& path, const std::string& content);

 private:
  void open();

  std::string folder_;
  std::unique_ptr<machine::Machine> machine_;
};

machine::ServiceConfig driver_config(const std::string& image);
std::string driver_image(const std::string& name);

}  // namespace actions::testing
