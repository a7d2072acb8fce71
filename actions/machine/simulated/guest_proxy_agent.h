#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actions/machine/simulated/disk/drive.h"
#include "actions/machine/simulated/state.h"

namespace machine::simulated {

// GuestProxyAgent, the foreign service for which eBPF is installed. It depends on EbpfCore and
// NetEbpfExt, loads ebpfapi.dll from the default folder when it starts, attaches its program if it
// can, and writes its own health to its status file, at once and then every 60 s. It reports
// "stopped" before its process has ended.
inline constexpr const char* kGuestProxyAgent = "GuestProxyAgent";
inline constexpr const char* kGuestProxyAgentImage =
    R"(C:\Program Files\GuestProxyAgent\GuestProxyAgent.exe)";
inline constexpr const char* kGuestProxyAgentLogs = R"(C:\WindowsAzure\ProxyAgent\Logs)";
inline constexpr std::int64_t kAgentStatusEveryMs = 60'000;
inline constexpr std::int64_t kAgentLingersMs = 300;

bool is_guest_proxy_agent(std::string_view service);

// The registration that its own setup makes.
ServiceConfig guest_proxy_agent_config(StartType start, bool depends);

// Returns the ids of the files that its process loads beside its image, and records in the state
// whether its program attaches.
std::vector<std::string> attach_guest_proxy_agent(MachineState& state, const disk::Drive& drive);

// Writes its status file as of now. Makes the folder if it is missing.
void write_guest_proxy_agent_status(const MachineState& state, const disk::Drive& drive);

}  // namespace machine::simulated
