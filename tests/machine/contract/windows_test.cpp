// The Windows machine keeps the contract: on Windows without exception, under Wine with the
// exceptions that are named here.
#include <algorithm>
#include <array>

#include "actions/machine/host_files.h"
#include "actions/machine/paths.h"
#include "actions/machine/this_process.h"
#include "actions/machine/windows/windows_machine.h"
#include "tests/machine/contract/machine_contract.h"
#include "tests/machine/contract/wine.h"

namespace contract {
namespace {

// Wine 8.0's answers where they are not Windows'.
struct Exception {
  std::string_view rule;
  std::string_view answer;
};
constexpr std::array kWine{
    Exception{rule::kCaseRename, "ebpfcore.sys"},  // nothing is renamed
    Exception{rule::kNewFileNewId, "0000"},        // ids are inode numbers, given again at once
    Exception{rule::kReadonlyWrite, "-1"},         // the attribute is Unix' mode, and we are root
    Exception{rule::kBrokenImage, "1114"},         // ERROR_DLL_INIT_FAILED
    Exception{rule::kMissingImage, "1114"},        // likewise
    Exception{rule::kMarkSeen, "not marked"},  // only by a change of all fields, delete and create
    Exception{rule::kMarkedStart, "1056"},     // runs already: the mark is not looked at
    Exception{rule::kDependencies, "kept"},    // in the registry, and nothing more
    Exception{rule::kSoftwareKey, R"(HKLM\Software)"},
    Exception{rule::kTaskOff, "on"},               // put_Enabled succeeds and does nothing
    Exception{rule::kUnclosedTask, "2147750679"},  // 0x80041317 SCHED_E_NAMESPACE
};

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
    if (!is_wine()) return std::nullopt;
    const auto* found = std::find_if(kWine.begin(), kWine.end(),
                                     [rule](const Exception& row) { return row.rule == rule; });
    if (found == kWine.end()) return std::nullopt;
    return std::string(found->answer);
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
const auto kName = [](const testing::TestParamInfo<MakeMachine>&) { return "Windows"; };

INSTANTIATE_TEST_SUITE_P(Machine, FilesContract, kWindows, kName);
INSTANTIATE_TEST_SUITE_P(Machine, ServicesContract, kWindows, kName);
INSTANTIATE_TEST_SUITE_P(Machine, RegistryContract, kWindows, kName);
INSTANTIATE_TEST_SUITE_P(Machine, TasksContract, kWindows, kName);
INSTANTIATE_TEST_SUITE_P(Machine, ProcessesContract, kWindows, kName);
INSTANTIATE_TEST_SUITE_P(Machine, SystemContract, kWindows, kName);

}  // namespace
}  // namespace contract
