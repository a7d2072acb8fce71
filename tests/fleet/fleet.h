#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fleet {

// What becomes of a VM's update.
enum class Fate {
  kWell,
  kRefusedDriver,  // Windows refuses the new NetEbpfExt: 1013
  kNoProxy,        // GuestProxyAgent does not start again: 1020
  kWaits  // a driver does not stop: its disable waits for a boot, and the update does not come
};

// A VM in the roll-out: an update of one version by the next.
struct Vm {
  std::string from;
  std::string to;
  Fate fate = Fate::kWell;
  int proxy_takes_s = 0;  // GuestProxyAgent's start
};

// 2,000 VMs: 1,000 were updated 0.10.0 -> 0.21.0, the last wave; then 500 0.21.0 -> 1.0.0, which is
// as good, and 500 1.0.0 -> 1.1.0, a bad version. Of any wave 2 % meet troubles of their own; of
// the bad one 8 % more have its driver refused. The same seed gives the same fleet.
std::vector<Vm> roll_out(std::uint64_t seed);

// Lets each VM live through its update by the handler's own commands, and writes its journal's
// brief export, folder/vm-0000.ndjson and on.
void live(const std::vector<Vm>& fleet, const std::filesystem::path& folder);

}  // namespace fleet
