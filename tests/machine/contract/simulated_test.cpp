// Both forms of the simulated machine keep the contract.
#include "actions/machine/simulated/simulated_machine.h"
#include "tests/machine/contract/machine_contract.h"
#include "tests/machine/vm_in_form.h"

namespace contract {
namespace {

class SimulatedUnderTest final : public MachineUnderTest {
 public:
  explicit SimulatedUnderTest(Form form) : vm_(form, {}) {
    machine().files().create_folder(SimulatedUnderTest::folder());
  }

  machine::Machine& machine() override { return vm_.machine(); }
  std::string folder() override { return R"(C:\Contract)"; }
  std::string host_file(const std::string& content) override {
    const std::string file = (vm_.temporary() / "host_file").string();
    lab::write_file(file, content);
    return file;
  }
  std::string driver_image() override { return machine::simulated::minimal_image(); }

 private:
  VmInForm vm_;
};

const auto kSimulated = testing::Values(
    MakeMachine([] { return std::make_unique<SimulatedUnderTest>(Form::kFolder); }),
    MakeMachine([] { return std::make_unique<SimulatedUnderTest>(Form::kMemory); }));
const auto kSimulatedName = [](const testing::TestParamInfo<MakeMachine>& form) {
  return to_text(form.index == 0 ? Form::kFolder : Form::kMemory);
};

INSTANTIATE_TEST_SUITE_P(Machine, FilesContract, kSimulated, kSimulatedName);
INSTANTIATE_TEST_SUITE_P(Machine, ServicesContract, kSimulated, kSimulatedName);
INSTANTIATE_TEST_SUITE_P(Machine, RegistryContract, kSimulated, kSimulatedName);
INSTANTIATE_TEST_SUITE_P(Machine, TasksContract, kSimulated, kSimulatedName);
INSTANTIATE_TEST_SUITE_P(Machine, DataCollectorsContract, kSimulated, kSimulatedName);
INSTANTIATE_TEST_SUITE_P(Machine, ProcessesContract, kSimulated, kSimulatedName);
INSTANTIATE_TEST_SUITE_P(Machine, SystemContract, kSimulated, kSimulatedName);

}  // namespace
}  // namespace contract
