#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
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
  kDiesAfterASecond = 19,
  kStatusIsBad = 21,
  kStatusIsStale = 22,
};

// A Windows Server 2022 (build 20348) of its own, in a Wine prefix that goes with it; see
// tests/windows/wine-prefix. Throws std::runtime_error that says what is missing where there is no
// Wine.
class WineVm {
 public:
  WineVm();
  WineVm(const WineVm&) = delete;
  WineVm& operator=(const WineVm&) = delete;
  ~WineVm();

  // Where C:\<relative> is on the host; '/' between the parts.
  std::filesystem::path drive(const std::string& relative) const;

  // Runs a Windows program to its end. Its exit code is modulo 256, as Linux has it.
  lab::ProgramEnd run(const std::vector<std::string>& words,
                      const std::map<std::string, std::string>& variables = {}) const;
  // As `sc` shows it: "RUNNING", "STOPPED", "START_PENDING" …; "" where there is no such service.
  std::string state(const std::string& service) const;
  // `reg query KEY /s`; "" where there is no such key. KEY: "HKLM\\Software\\…"
  std::string registry(const std::string& key) const;
  void set_value(const std::string& key, const std::string& name, const std::string& type,
                 const std::string& data) const;
  // How the service's next starts go; `which`: those of that version only, or "once".
  void behave(const std::string& service, Behaviour behaviour, const std::string& which = "") const;
  // Everything stops; pending file operations are carried out; what starts by itself is started.
  void reboot() const;

  // What of the machine an installation is, as text: the files of `install_folder` with their
  // hashes, services with their registrations and states, PATH, netsh helpers, tasks, store. Equal
  // machines give equal texts.
  std::string snapshot(const std::string& install_folder) const;

 private:
  // A program that may run twice. It is asked again where it ends without a word: Wine's own
  // services refuse a caller now and then on a loaded machine, and a missing service looks alike.
  lab::ProgramEnd ask(const std::vector<std::string>& words) const;

  std::filesystem::path prefix_;
};

}  // namespace lifecycle
