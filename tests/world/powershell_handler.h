#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "actions/machine/machine.h"

namespace world {

// The PowerShell predecessor, as far as it changes the machine: what its commands do behind the
// journal's back. Of its generations the first one's uninstall removes, and its install installs
// again; from the second on update does all of the work, and while the key EbpfUpgrading is there
// uninstall does nothing and enable only removes that key. The third is the last, and what
// GuestProxyAgent's setup uses as a library.
enum class Generation { kFirst, kSecond, kThird };

inline constexpr const char* kUpgrading = R"(HKLM\SOFTWARE\Microsoft\Windows Azure\EbpfUpgrading)";

// The exit codes of its commands that a test needs, as its run-books have them.
inline constexpr int kPowerShellDone = 0;
inline constexpr int kPowerShellRefusesOlder = 1005;
inline constexpr int kPowerShellHasNoFiles = 1010;
inline constexpr int kPowerShellStartsNoDriver = 1013;
inline constexpr int kPowerShellMakesNoService = 1016;

// One handler of it: a generation, and the package's folder on the host, which its commands read.
class PowerShellHandler {
 public:
  PowerShellHandler(machine::Machine& machine, Generation generation,
                    std::filesystem::path folder = {})
      : machine_(machine), generation_(generation), folder_(std::move(folder)) {}

  // A command by the VM Agent's name for it: "install", "enable" … Returns its exit code.
  int run(std::string_view command);

  int install();
  int enable();
  // Drivers disabled, then stopped with what depends on them. No record.
  int disable();
  int update();
  int uninstall();

 private:
  enum class Downgrade { kRefused, kAllowed };
  int bring(Downgrade downgrade);
  int put_in_place();
  void register_extras();
  void remove_all();
  int start_all();

  machine::Machine& machine_;
  Generation generation_;
  std::filesystem::path folder_;
};

// It copies all of its folder to the install folder: also what is no part of eBPF.
void leave_its_files(machine::Machine& machine);
bool upgrading_key_is_there(machine::Machine& machine);

// GuestProxyAgent's setup, which the platform runs, and the provisioning agent at the first boot:
// registers GuestProxyAgent with its dependencies, brings eBPF from a folder with the payload (the
// last generation's scripts as a library; the result is only logged), and starts GuestProxyAgent
// five times, 15 s apart. Returns the library's exit code.
int run_guest_proxy_setup(machine::Machine& machine, const std::filesystem::path& payload);

}  // namespace world
