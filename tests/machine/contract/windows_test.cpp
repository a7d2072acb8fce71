// The Windows machine keeps the contract: on Windows without exception, under Wine with the
// exceptions that wine.cpp names.
#include "actions/machine/host_files.h"
#include "actions/machine/paths.h"
#include "actions/machine/this_process.h"
#include "actions/machine/windows/windows_machine.h"
#include "tests/machine/contract/machine_contract.h"
#include "tests/machine/contract/wine.h"

namespace contract {
namespace {

class WindowsUnderTest final : public MachineUnderTest {
 public:
  WindowsUnderTest() {
    machine_.files().create_folder(folder_);
    machine_.files().create_folder(host_folder_);
  }
  ~WindowsUnderTest() override {
    remove_tree(folder_);
    remove_tree(host_folder_);
  }

  machine::Machine& machine() override { return machine_; }
  std::string folder() override { return folder_; }
  std::string host_file(const std::string& content) override {
    const std::string file = machine::join(host_folder_, "host_file");
    machine_.files().write(file, content);
    return file;
  }
  std::string driver_image() override {
    constexpr std::uint64_t kMaxBytes = 1024 * 1024;
    return machine_.host().read(machine::join(machine::executable_folder(), "contract_driver.sys"),
                                kMaxBytes);
  }
  std::optional<std::string> exception(std::string_view rule) override {
    return wine_exception(rule);
  }

 private:
  void remove_tree(const std::string& folder) {
    for (const std::string& name : machine_.files().list(folder)) {
      const std::string path = machine::join(folder, name);
      const auto info = machine_.files().stat(path);
      if (info && info->kind == machine::FileKind::kFolder) {
        remove_tree(path);
      } else {
        machine_.files().set_readonly(path, false);
        machine_.files().remove(path);
      }
    }
    machine_.files().remove_folder(folder);
  }

  machine::windows::WindowsMachine machine_;
  // Spaces and letters beyond ASCII are in each path.
  std::string folder_ = "C:\\Contract \xc3\xa9\xe4\xb8\xad";
  std::string host_folder_ = "C:\\Contract host";
};

const auto kWindows = testing::Values([] { return std::make_unique<WindowsUnderTest>(); });
const auto kWindowsName = [](const testing::TestParamInfo<MakeMachine>&) { return "Windows"; };

INSTANTIATE_TEST_SUITE_P(Machine, FilesContract, kWindows, kWindowsName);
INSTANTIATE_TEST_SUITE_P(Machine, ServicesContract, kWindows, kWindowsName);
INSTANTIATE_TEST_SUITE_P(Machine, RegistryContract, kWindows, kWindowsName);
INSTANTIATE_TEST_SUITE_P(Machine, TasksContract, kWindows, kWindowsName);
INSTANTIATE_TEST_SUITE_P(Machine, DataCollectorsContract, kWindows, kWindowsName);
INSTANTIATE_TEST_SUITE_P(Machine, ProcessesContract, kWindows, kWindowsName);
INSTANTIATE_TEST_SUITE_P(Machine, SystemContract, kWindows, kWindowsName);

}  // namespace
}  // namespace contract
