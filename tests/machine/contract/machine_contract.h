#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "actions/machine/files.h"
#include "actions/machine/machine.h"
#include "actions/machine/processes.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "errors/failure.h"

namespace contract {

// One machine to be tested, and what the door cannot give.
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
};

using MakeMachine = std::function<std::unique_ptr<MachineUnderTest>()>;

class MachineContract : public testing::TestWithParam<MakeMachine> {
 protected:
  machine::Machine& machine() { return under_test_->machine(); }
  machine::Files& files() { return machine().files(); }
  machine::Services& services() { return machine().services(); }
  machine::Registry& registry() { return machine().registry(); }
  machine::Tasks& tasks() { return machine().tasks(); }
  machine::Processes& processes() { return machine().processes(); }
  machine::System& system() { return machine().system(); }
  MachineUnderTest& under_test() { return *under_test_; }

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
