#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "journal/records.h"
#include "tests/lab/same_machine.h"
#include "tests/lifecycle/vm_agent.h"
#include "tests/lifecycle/wine_vm.h"

namespace lifecycle {

inline constexpr const char* kHandlerWithFaults = EBPF_TEST_HANDLER_WITH_FAULTS;
inline constexpr const char* kInstallFolder = "Program Files/ebpf-for-windows";
inline constexpr const char* kJournalFolder = "ProgramData/EbpfForWindows";

// One call of the VM Agent: a command, of the handler of that version.
struct Step {
  std::string version;
  std::string command;
};
// The VM Agent's calls in an update.
std::vector<Step> update_steps(const std::string& from, const std::string& to);

// A VM on which GuestProxyAgent runs, its VM Agent, and the questions that tests ask of both. The
// VM Agent makes the handler hurry (VmAgent::hurry).
class Bench {
 public:
  explicit Bench(const std::string& plugins = "Packages/Plugins");

  // Extracts a package of that payload; returns the version of its handler. `handler` is the
  // program that is shipped, which waits in real time, or kHandlerWithFaults, which dies at a call
  // when the test asks for that, and which can hurry.
  std::string package(const std::string& payload, const std::string& handler = EBPF_TEST_HANDLER);

  static void succeeds(const Call& call);
  static void fails(const Call& call, int code);
  void expect_running(const std::vector<std::string>& services) const;
  // Each file of the payload is in `folder` on C:, byte for byte.
  void expect_installed(const std::string& version,
                        const std::string& folder = kInstallFolder) const;
  std::string snapshot() const;
  // The newest transaction, of a copy of the journal on this system.
  journal::Transaction last_transaction() const;

 protected:
  WineVm vm_;
  VmAgent vm_agent_;
};

}  // namespace lifecycle
