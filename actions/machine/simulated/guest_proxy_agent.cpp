#include "actions/machine/simulated/guest_proxy_agent.h"

#include <array>
#include <ctime>

#include "actions/machine/paths.h"

namespace machine::simulated {
namespace {

constexpr const char* kEbpfApi = R"(C:\Program Files\ebpf-for-windows\ebpfapi.dll)";
constexpr std::array kDrivers{"EbpfCore", "NetEbpfExt"};

bool drivers_run(const MachineState& state) {
  for (const char* driver : kDrivers) {
    const auto found = state.services.find(fold_case(driver));
    if (found == state.services.end() || found->second.state != ServiceState::kRunning)
      return false;
  }
  return true;
}

// "2026-11-22T10:18:00.123": UTC without a Z, as the real one writes it.
std::string iso_time(std::int64_t utc_ms) {
  constexpr std::int64_t kPerSecond = 1000;
  const std::time_t seconds = utc_ms / kPerSecond;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &utc);
  const std::string milliseconds = std::to_string(kPerSecond + utc_ms % kPerSecond);
  return text.data() + milliseconds.substr(1);
}

nlohmann::json part(bool running, std::string_view trouble) {
  return {{"status", running ? "RUNNING" : "STOPPED"}, {"message", running ? "" : trouble}};
}

}  // namespace

bool is_guest_proxy_agent(std::string_view service) {
  return equal_names(service, kGuestProxyAgent);
}

ServiceConfig guest_proxy_agent_config(StartType start, bool depends) {
  ServiceConfig config;
  config.type = ServiceType::kOwnProcess;
  config.start = start;
  config.image = "\"" + std::string(kGuestProxyAgentImage) + "\"";
  config.display = "Microsoft Azure Guest Proxy Agent";
  config.account = "LocalSystem";
  if (depends) config.depends_on = {"EbpfCore", "NetEbpfExt"};
  return config;
}

std::vector<std::string> attach_guest_proxy_agent(MachineState& state, const disk::Drive& drive) {
  const disk::Place library = drive.find(kEbpfApi);
  const bool loads = library.is_file() && disk::is_image(drive.tree(), library.host);
  state.agent_attached = loads && drivers_run(state);
  if (!loads) return {};
  return {drive.file_id(library)};
}

void write_guest_proxy_agent_status(const MachineState& state, const disk::Drive& drive) {
  const bool redirects = state.agent_attached && drivers_run(state);
  const bool healthy = redirects && !state.behaviour_of(kGuestProxyAgent).unhealthy;
  const nlohmann::json status = {
      {"timestamp", iso_time(state.clock_ms)},
      {"proxyAgentStatus",
       {{"version", "1.0.30"},
        {"status", healthy ? "SUCCESS" : "ERROR"},
        {"monitorStatus", part(true, "")},
        {"keyLatchStatus", part(healthy, "The key was not latched.")},
        {"ebpfProgramStatus", part(redirects, "The eBPF program is not attached.")},
        {"proxyListenerStatus", part(true, "")},
        {"proxyConnectionsCount", 0}}},
      {"proxyConnectionSummary", nlohmann::json::array()},
      {"failedAuthenticateSummary", nlohmann::json::array()}};
  const disk::Place logs = drive.find(kGuestProxyAgentLogs);
  const std::string path = logs.host + "/status.json";
  const StatusFile file = state.behaviour_of(kGuestProxyAgent).status_file;
  if (file == StatusFile::kStale) return;
  if (file == StatusFile::kAbsent) return drive.tree().remove(path);
  disk::make_folders(drive.tree(), logs.host);
  drive.tree().write(path, file == StatusFile::kGarbage ? "{\"timestamp\": [" : status.dump(2));
}

}  // namespace machine::simulated
