#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/machine/files.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "errors/failure.h"
#include "tests/machine/contract/machine_contract.h"
#include "tests/machine/vm_in_form.h"

// A fresh VM for each test, and its machine.
class SimulatedVm : public testing::Test {
 protected:
  explicit SimulatedVm(
      Form form,
      const machine::simulated::VmOptions& options = {.gpa = machine::simulated::Gpa::kAbsent})
      : vm_(form, options) {}

  machine::Machine& machine() { return vm_.machine(); }
  machine::Files& files() { return machine().files(); }
  machine::Services& services() { return machine().services(); }
  machine::Registry& registry() { return machine().registry(); }
  machine::Tasks& tasks() { return machine().tasks(); }
  machine::System& system() { return machine().system(); }

  const VmInForm& vm() const { return vm_; }
  void set(const std::string& object, const std::vector<std::string>& settings) {
    vm_.set(object, settings);
  }
  std::string snapshot() const { return vm_.snapshot(); }
  void reboot() { vm_.reboot(); }
  void cut_power(std::uint64_t seed) { vm_.cut_power(seed); }

  machine::ServiceConfig driver(const std::string& name) {
    machine::ServiceConfig config;
    config.image = R"(C:\Windows\System32\drivers\)" + name + ".sys";
    if (!files().stat(config.image)) {
      files().write(config.image, machine::simulated::minimal_image(name));
    }
    return config;
  }
  machine::ServiceConfig process(const std::string& name) {
    machine::ServiceConfig config = driver(name);
    config.type = machine::ServiceType::kOwnProcess;
    return config;
  }
  machine::ServiceState state(const std::string& name) {
    return services().status(name).value().state;
  }
  machine::ServiceState state_after(const std::string& name, std::int64_t milliseconds) {
    system().wait_ms(milliseconds);
    return state(name);
  }

  const std::filesystem::path& temporary() const { return vm_.temporary(); }

 private:
  VmInForm vm_;
};

// For what both forms keep: EBPF_IN_EACH_FORM(Suite) makes its cases, `Form/Suite.Name/Memory`.
class SimulatedVmInEachForm : public SimulatedVm, public testing::WithParamInterface<Form> {
 protected:
  explicit SimulatedVmInEachForm(
      const machine::simulated::VmOptions& options = {.gpa = machine::simulated::Gpa::kAbsent})
      : SimulatedVm(GetParam(), options) {}
};

#define EBPF_IN_EACH_FORM(suite)                                  \
  INSTANTIATE_TEST_SUITE_P(                                       \
      Form, suite, testing::Values(Form::kFolder, Form::kMemory), \
      [](const testing::TestParamInfo<Form>& form) { return to_text(form.param); })

// For what only the folder has: host paths, other processes, people's hands.
class SimulatedVmFolder : public SimulatedVm {
 protected:
  SimulatedVmFolder() : SimulatedVm(Form::kFolder) {}
  std::string folder() const { return vm().folder(); }
  std::string drive(const std::string& relative) const { return folder() + "/C/" + relative; }
};

using contract::code_of;
