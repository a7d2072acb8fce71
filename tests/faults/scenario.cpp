#include "tests/faults/scenario.h"

#include <stdexcept>

#include "actions/machine/machine.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/services/service_control.h"
#include "tests/lab/update_sequence.h"

namespace faults {
namespace {

using engine::commands::Command;
using lab::Package;
using lab::Vm;

void installed(const Vm& vm, const Package& package) {
  lab::prepare(vm, Command::kInstall, package);
}

void make_proxy_depend(const Vm& vm) {
  vm.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
}

void installed_under_the_proxy(const Vm& vm, const Package& package) {
  installed(vm, package);
  make_proxy_depend(vm);
}

void enabled(const Vm& vm, const Package& package) {
  installed(vm, package);
  lab::prepare(vm, Command::kEnable, package);
  make_proxy_depend(vm);
}

// With what Windows deletes with a service.
void enabled_with_parameters(const Vm& vm, const Package& package) {
  enabled(vm, package);
  const auto machine = vm.machine();
  machine->registry().set(R"(HKLM\SYSTEM\CurrentControlSet\Services\NetEbpfExt\Parameters)",
                          "Verified", {machine::RegistryType::kDword, "1"});
  machine->system().flush();
}

// An older version runs, and whoever updates it calls nothing before.
void enabled_in_an_older_version(const Vm& vm, const Package&) {
  const lab::TemporaryFolder folder;
  enabled(vm, Package(folder.path(), "0.9.1"));
}

// Only the new version's driver is refused.
void refusing_what_is_new(const Vm& vm, const Package& package) {
  enabled_in_an_older_version(vm, package);
  vm.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.0.0"});
}

// Two files damaged, one lost.
void damaged(const Vm& vm, const Package& package) {
  enabled(vm, package);
  const std::string folder = R"(C:\Program Files\ebpf-for-windows\)";
  vm.put(folder + "ebpfapi.dll", "damaged");
  vm.put(folder + "ebpf_tracing.cmd", "damaged");
  vm.remove(folder + "bpftool.exe");
}

// And one service gone: what install repairs.
void damaged_and_unregistered(const Vm& vm, const Package& package) {
  damaged(vm, package);
  const auto machine = vm.machine();
  constexpr std::int64_t kLongMs = 60'000;
  actions::services::ServiceControl(*machine, "eBPFSvc",
                                    {machine->system().monotonic_ms() + kLongMs})
      .stop();
  machine->services().remove("eBPFSvc");
  machine->system().flush();
}

void refusing(const Vm& vm, const Package& package) {
  installed(vm, package);
  vm.set("service:NetEbpfExt", {"start-fails=577"});
}

// A process killed in the middle of enable: what recover finds.
void killed(const Vm& vm, const Package& package) {
  installed(vm, package);
  if (!vm.run_killed(Command::kEnable, package, "services.start#2:kill-after"))
    throw std::runtime_error("preparing: enable was not killed");
}

}  // namespace

std::span<const Scenario> scenarios() {
  static const std::vector<Scenario> kAll{
      {"install", "0.9.1", Command::kInstall, [](const Vm&, const Package&) {}},
      {"repair", "1.0.0", Command::kInstall, damaged_and_unregistered},
      {"enable", "1.0.0", Command::kEnable, installed},
      {"repairing_enable", "0.9.1", Command::kEnable, damaged},
      {"update", "1.0.0", Command::kEnable, enabled_in_an_older_version},
      {"setup_update", "1.0.0", Command::kSetupUpdate, enabled_in_an_older_version},
      {"undone_update", "1.0.0", Command::kEnable, refusing_what_is_new},
      {"undone_enable", "1.0.0", Command::kEnable, refusing},
      {"disable", "1.0.0", Command::kDisable, enabled},
      {"uninstall", "1.0.0", Command::kUninstall, enabled_with_parameters},
      {"recover", "1.0.0", Command::kRecover, killed},
  };
  return kAll;
}

std::span<const Scenario> scenarios_of_a_restart() {
  static const std::vector<Scenario> kOfARestart{
      {"enable", "1.0.0", Command::kEnable, installed_under_the_proxy},
      {"repair", "1.0.0", Command::kInstall, damaged_and_unregistered},
  };
  return kOfARestart;
}

}  // namespace faults
