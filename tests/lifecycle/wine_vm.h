#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/lab/program.h"
#include "tests/lab/temporary_folder.h"

namespace lifecycle {

// tests/payload/sources/behaviour.h
enum class Behaviour : std::uint32_t {
  kWell = 0,
  kEntryFails = 1,
  kEntryHangs = 3,
  kEntryCrashes = 4,
  kNoUnload = 5,
  kStartPendingForEver = 11,
  kNeverConnects = 12,
  kExitsAtOnce = 13,
  kStopsWith1066 = 14,
  kIgnoresStop = 15,
  kStopHangs = 17,
  kAcceptsNoStop = 18,
  kDiesSoon = 19,
  kStatusIsBad = 21,
  kStatusIsStale = 22,
};

// What went wrong with Wine, or with a program of the tests: no promise of the handler's is broken.
class BenchError : public std::runtime_error {
 public:
  explicit BenchError(const std::string& what)
      : std::runtime_error("the bench, not the product: " + what) {}
};

// A Windows Server 2022 (build 20348) of its own, in a Wine prefix that goes with it; see
// tests/windows/wine-prefix. What it says of itself it asks of witness.c, which runs in it. Every
// call throws BenchError where it cannot be made.
class WineVm {
 public:
  WineVm();
  WineVm(const WineVm&) = delete;
  WineVm& operator=(const WineVm&) = delete;
  ~WineVm();

  // Where C:\<relative> is on the host; '/' between the parts.
  std::filesystem::path drive(const std::string& relative) const;

  // Runs the handler to its end, with its whole exit code. kKilled: it has killed itself at a fault
  // point; kHung: it had not ended after 300 s, the VM Agent's limit of most commands.
  lab::ProgramEnd run(const std::vector<std::string>& words,
                      const std::map<std::string, std::string>& variables = {}) const;
  static constexpr int kKilled = 137;
  static constexpr int kHung = -1;
  // What witness.c prints for these words.
  std::string ask(const std::vector<std::string>& words) const;
  // "RUNNING", "STOPPED", "START_PENDING" …; "absent".
  std::string state(const std::string& service) const;
  // The key with all below it; "" where there is no such key. KEY: "HKLM\\Software\\…"
  std::string registry(const std::string& key) const;
  // How the service's next starts go; `which`: those of that version only, or "once".
  void behave(const std::string& service, Behaviour behaviour, const std::string& which = "") const;
  // Everything stops; pending file operations are carried out; what starts by itself is started.
  void reboot() const;

  // What of the machine an installation is, as text: the files of `install_folder` with their
  // hashes, services with their registrations, states and exit codes, PATH, netsh helpers, tasks,
  // store. Equal machines give equal texts.
  std::string snapshot(const std::string& install_folder) const;

 private:
  std::filesystem::path prefix_;
};

}  // namespace lifecycle
