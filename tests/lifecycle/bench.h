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

// A VM on which GuestProxyAgent runs, its VM Agent, which is in a hurry, and what tests ask of
// both.
class Bench {
 public:
  explicit Bench(const std::string& plugins = "Packages/Plugins");

  // Extracts a package of that payload; returns the version of its handler. `handler`: what is
  // shipped, which waits in real time, or kHandlerWithFaults, which a call can be told to kill and
  // which can be in a hurry.
  std::string package(const std::string& payload, const std::string& handler = EBPF_TEST_HANDLER);

  static void succeeds(const Call& call);
  static void fails(const Call& call, int code);
  void expect_running(const std::vector<std::string>& services) const;
  // Every file that the payload has is there, byte for byte. `folder`: on C:.
  void expect_installed(const std::string& version,
                        const std::string& folder = kInstallFolder) const;
  std::string snapshot() const;
  // The newest of the journal, copied and read on this system.
  journal::Transaction last_transaction() const;

 protected:
  WineVm vm_;
  VmAgent vm_agent_;
};

}  // namespace lifecycle
