#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "actions/machine/simulated/vm_home.h"
#include "json/json.h"

namespace machine::simulated {

// GuestProxyAgent at creation. kRunning: set to running although eBPF is not there yet, and
// therefore unhealthy.
enum class Gpa { kRunning, kStopped, kDisabled, kAbsent };

struct VmOptions {
  int os_build = 20348;
  Gpa gpa = Gpa::kRunning;
  // Whether GuestProxyAgent depends on EbpfCore and NetEbpfExt from the start, as its own set-up
  // makes it. One that runs keeps running; it does not start again before both are there (1075).
  // One that does not run has the dependencies in any case.
  bool gpa_depends = false;
  std::string architecture = "x64";  // or "arm64"
};

// Puts the files of a new VM onto an empty drive. Returns the rest of the machine.
MachineState furnish(const disk::Drive& drive, const VmOptions& options);

// Makes the VM's folder: `C/`, the drive, and `machine.json`, everything else. Throws kUsage if
// something is there already. Two VMs of the same options are equal, times and ids included.
void create_vm(const std::string& folder, const VmOptions& options = {});

// The machine as one canonical JSON text (keys sorted, two-space indent, LF): equal machines give
// equal bytes. Read from the VM itself, not through the machine's interfaces. Without times,
// process ids, boot id, armed behaviours; without the journal's folder and GuestProxyAgent's logs.
// Keys without values and empty folders are not listed.
std::string snapshot(VmHome& vm);
nlohmann::json snapshot_json(VmHome& vm);  // what that text says
std::string snapshot(const std::string& folder);

// Arms a behaviour. `object` is "service:NAME", "path:P", "disk", "tasks" or "administrators"; each
// setting "KEY=VALUE" or "KEY".
//   * service: start-fails=CODE, start-hangs, start-takes=S, crashes-after=S (seconds after it
//     runs), ignores-stop (stays running), stop-hangs (stop-pending for ever), held-open (somebody
//     has a handle: a delete only marks), unhealthy (GuestProxyAgent's own status says error),
//     status-file=written|stale|absent|garbage (what GuestProxyAgent does when it is due),
//     process-id=N (of the next process), only-version=V (of the image), depends=NAME,... (at once)
//   * path: owner=users|NAME, readonly=1|0 (at once), fails=CODE (any change of this very path),
//     exits=CODE, hangs (a program that is run there does nothing else)
//   * disk: full-at=BYTES (the bound of all bytes under C/ together)
//   * tasks: fails=CODE (every call of the Task Scheduler)
//   * administrators: members=NAME,... (accounts and groups that are in the group Administrators)
//   * each: clear
// KEY=0 takes a flag back. Throws kUsage for an unknown object or key.
void set_behaviour(VmHome& vm, std::string_view object, std::span<const std::string> settings);
void set_behaviour(const std::string& folder, std::string_view object,
                   std::span<const std::string> settings);

struct Reboot {
  // Effects that are not durable are lost: with seed 0 all of them, with seed 1 none, with another
  // seed a part that depends on the seed and the machine alone. power_cut.h lists what can be lost.
  bool power_cut = false;
  std::uint64_t seed = 0;
};

// Ends everything that runs, does what waits for the boot, starts automatic services.
void reboot(VmHome& vm, const Reboot& how = {});
void reboot(const std::string& folder, const Reboot& how = {});

// A copy that keeps the file ids. `cp -a` does the same; std::filesystem::copy loses the ids.
void copy_vm(const std::string& from, const std::string& to);

// The bytes of the smallest image that the simulated machine loads. `content` makes images
// different.
std::string minimal_image(std::string_view content = "");

}  // namespace machine::simulated
