// The simulated machine keeps the contract.
#include <filesystem>
#include <fstream>

#include "actions/machine/simulated/simulated_machine.h"
#include "tests/lab/temporary_folder.h"
#include "tests/machine/contract/machine_contract.h"

namespace contract {
namespace {

class SimulatedUnderTest final : public MachineUnderTest {
 public:
  SimulatedUnderTest() { machine_->files().create_folder(folder()); }

  machine::Machine& machine() override { return *machine_; }
  std::string folder() override { return R"(C:\Contract)"; }
  std::string host_file(const std::string& content) override {
    const std::string file = (temporary_.path() / "host_file").string();
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }
  std::string driver_image() override { return machine::simulated::minimal_image(); }

 private:
  static std::unique_ptr<machine::Machine> make(const std::string& folder) {
    machine::simulated::create_vm(folder);
    return std::make_unique<machine::simulated::SimulatedMachine>(folder);
  }

  lab::TemporaryFolder temporary_;
  std::unique_ptr<machine::Machine> machine_ = make((temporary_.path() / "vm").string());
};

const auto kSimulated = testing::Values([] { return std::make_unique<SimulatedUnderTest>(); });
const auto kSimulatedName = [](const testing::TestParamInfo<MakeMachine>&) { return "Simulated"; };

INSTANTIATE_TEST_SUITE_P(Machine, FilesContract, kSimulated, kSimulatedName);
INSTANTIATE_TEST_SUITE_P(Machine, ServicesContract, kSimulated, kSimulatedName);
INSTANTIATE_TEST_SUITE_P(Machine, RegistryContract, kSimulated, kSimulatedName);
INSTANTIATE_TEST_SUITE_P(Machine, TasksContract, kSimulated, kSimulatedName);
INSTANTIATE_TEST_SUITE_P(Machine, ProcessesContract, kSimulated, kSimulatedName);
INSTANTIATE_TEST_SUITE_P(Machine, SystemContract, kSimulated, kSimulatedName);

}  // namespace
}  // namespace contract
