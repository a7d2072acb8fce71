#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actions/machine/data_collectors.h"
#include "actions/machine/files.h"
#include "actions/machine/machine.h"
#include "actions/machine/processes.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "errors/failure.h"

namespace contract {

// Rules of Windows that a machine under test may break by a named exception: see answer().
namespace rule {
inline constexpr std::string_view kCaseRename = "a rename that changes the case alone";
inline constexpr std::string_view kNewFileNewId = "a file made anew has another id";
inline constexpr std::string_view kReadonlyWrite = "a read-only file is not overwritten";
inline constexpr std::string_view kBrokenImage = "a broken image has its code";
inline constexpr std::string_view kMissingImage = "a missing image has its code";
inline constexpr std::string_view kMarkSeen = "a mark for deletion can be seen";
inline constexpr std::string_view kMarkedStart = "a service marked for deletion does not start";
inline constexpr std::string_view kDependencies = "dependencies are enforced";
inline constexpr std::string_view kSoftwareKey = "the key is spelt HKLM\\SOFTWARE";
inline constexpr std::string_view kTaskOff = "a task that is switched off is off";
inline constexpr std::string_view kPerformanceLogs = "there are Performance Logs and Alerts";
inline constexpr std::string_view kUnclosedTask = "XML that does not end is malformed";
}  // namespace rule

// One machine to be tested, and what its interface cannot give.
class MachineUnderTest {
 public:
  MachineUnderTest() = default;
  MachineUnderTest(const MachineUnderTest&) = delete;
  MachineUnderTest& operator=(const MachineUnderTest&) = delete;
  virtual ~MachineUnderTest() = default;

  virtual machine::Machine& machine() = 0;
  virtual std::string folder() = 0;  // an empty folder for this test alone
  virtual std::string host_file(const std::string& content) = 0;  // path of a new file on the host
  virtual std::string driver_image() = 0;  // bytes of a driver that starts and stops
  // What this machine answers instead, by a named exception. nullopt: it keeps the rule.
  virtual std::optional<std::string> exception(std::string_view /*rule*/) { return std::nullopt; }
};

using MakeMachine = std::function<std::unique_ptr<MachineUnderTest>()>;

class MachineContract : public testing::TestWithParam<MakeMachine> {
 protected:
  machine::Machine& machine() { return under_test_->machine(); }
  machine::Files& files() { return machine().files(); }
  machine::Services& services() { return machine().services(); }
  machine::Registry& registry() { return machine().registry(); }
  machine::Tasks& tasks() { return machine().tasks(); }
  machine::DataCollectors& data_collectors() { return machine().data_collectors(); }
  machine::Processes& processes() { return machine().processes(); }
  machine::System& system() { return machine().system(); }
  MachineUnderTest& under_test() { return *under_test_; }

  // Windows' answer, or that of the exception that the machine under test has to this rule.
  std::string answer(std::string_view rule, const std::string& of_windows) {
    return under_test_->exception(rule).value_or(of_windows);
  }
  std::int64_t answer(std::string_view rule, std::int64_t of_windows) {
    return std::stoll(answer(rule, std::to_string(of_windows)));
  }
  bool keeps(std::string_view rule) { return !under_test_->exception(rule); }

  // A path in this test's folder.
  std::string path(const std::string& relative) { return under_test_->folder() + "\\" + relative; }
  // Puts a driver's image into the folder and returns a registration of it.
  machine::ServiceConfig driver(const std::string& file_name) {
    files().write(path(file_name), under_test_->driver_image());
    machine::ServiceConfig config;
    config.image = path(file_name);
    return config;
  }
  machine::ServiceState state(const std::string& service) {
    return services().status(service).value().state;
  }
  // Waits until a service is in no pending state.
  machine::ServiceState settle(const std::string& service) {
    constexpr int kTries = 600;
    for (int i = 0; i < kTries; ++i) {
      const auto now = state(service);
      if (now == machine::ServiceState::kRunning || now == machine::ServiceState::kStopped)
        return now;
      system().wait_ms(100);
    }
    return state(service);
  }

 private:
  std::unique_ptr<MachineUnderTest> under_test_ = GetParam()();
};

class FilesContract : public MachineContract {};
class ServicesContract : public MachineContract {};
class RegistryContract : public MachineContract {};
class TasksContract : public MachineContract {};
class DataCollectorsContract : public MachineContract {};
class ProcessesContract : public MachineContract {};
class SystemContract : public MachineContract {};

// The system's code with which a call fails; -1 where it succeeds.
template <typename Call>
std::int64_t code_of(Call call) {
  try {
    call();
  } catch (const errors::Failure& failure) {
    return failure.system() ? failure.system()->code : 0;
  }
  return -1;
}

}  // namespace contract
