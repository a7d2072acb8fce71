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
#include "tests/lab/temporary_folder.h"
#include "tests/machine/contract/machine_contract.h"

// A fresh VM for each test, and its machine, opened when first needed.
class SimulatedVm : public testing::Test {
 protected:
  explicit SimulatedVm(const machine::simulated::VmOptions& options = {
                           .gpa = machine::simulated::Gpa::kAbsent}) {
    machine::simulated::create_vm(vm(), options);
  }

  std::string vm() const { return (temporary_.path() / "vm").string(); }
  std::string drive(const std::string& relative) const { return vm() + "/C/" + relative; }
  machine::Machine& machine() {
    if (!machine_) machine_ = std::make_unique<machine::simulated::SimulatedMachine>(vm());
    return *machine_;
  }
  machine::Files& files() { return machine().files(); }
  machine::Services& services() { return machine().services(); }
  machine::Registry& registry() { return machine().registry(); }
  machine::Tasks& tasks() { return machine().tasks(); }
  machine::System& system() { return machine().system(); }

  void set(const std::string& object, const std::vector<std::string>& settings) {
    machine::simulated::set_behaviour(vm(), object, settings);
  }
  std::string snapshot() const { return machine::simulated::snapshot(vm()); }
  void cut_power(std::uint64_t seed) { machine::simulated::reboot(vm(), {true, seed}); }

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

  const std::filesystem::path& temporary() const { return temporary_.path(); }

 private:
  lab::TemporaryFolder temporary_;
  std::unique_ptr<machine::Machine> machine_;
};

using contract::code_of;
