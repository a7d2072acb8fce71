// The part of ServiceManager that happens by itself as the virtual clock goes on.
#include <algorithm>
#include <limits>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/guest_proxy_agent.h"
#include "actions/machine/simulated/registry_state.h"
#include "actions/machine/simulated/service_manager.h"

namespace machine::simulated {
namespace {

constexpr std::int64_t kProcessLingersMs = 50;

}  // namespace

void erase_service(MachineState& state, const std::string& folded) {
  state.services.erase(folded);
  erase_tree(state, R"(HKLM\SYSTEM\CurrentControlSet\Services\)" + folded);
}

bool ServiceManager::advance_to(std::int64_t clock_ms) {
  bool happened = false;
  while (next_event(clock_ms))
    happened = true;
  state_.clock_ms = std::max(state_.clock_ms, clock_ms);
  return happened;
}

bool ServiceManager::next_event(std::int64_t until) {
  enum class Kind { kNone, kPending, kCrash, kProcessEnd, kAgentStatus };
  Kind kind = Kind::kNone;
  std::int64_t at = std::numeric_limits<std::int64_t>::max();
  std::string service;
  std::size_t process = 0;
  const auto consider = [&](Kind candidate, std::int64_t when) {
    if (when == 0 || when > until || when >= at) return false;
    kind = candidate;
    at = when;
    return true;
  };
  for (const auto& [folded, record] : state_.services) {
    if (consider(Kind::kPending, record.pending_until)) service = folded;
    if (consider(Kind::kCrash, record.crash_at)) service = folded;
  }
  for (std::size_t i = 0; i < state_.loaded.size(); ++i) {
    if (consider(Kind::kProcessEnd, state_.loaded[i].ends_at)) process = i;
  }
  consider(Kind::kAgentStatus, state_.next_agent_status_at);
  if (kind == Kind::kNone) return false;

  state_.clock_ms = std::max(state_.clock_ms, at);
  if (kind == Kind::kProcessEnd) {
    state_.loaded.erase(state_.loaded.begin() + static_cast<std::ptrdiff_t>(process));
  } else if (kind == Kind::kAgentStatus) {
    write_guest_proxy_agent_status(state_, drive_);
    state_.next_agent_status_at = at + kAgentStatusEveryMs;
  } else if (kind == Kind::kCrash) {
    ended(service, kProcessAborted, 0);
  } else {
    ServiceRecord& record = state_.services.at(service);
    if (record.state == ServiceState::kStartPending && record.pending_failure == 0) {
      started(record);
    } else {
      const bool stopping = record.state == ServiceState::kStopPending;
      const std::int64_t lingers =
          is_guest_proxy_agent(service) ? kAgentLingersMs : kProcessLingersMs;
      ended(service, stopping ? 0U : record.pending_failure, stopping ? lingers : 0);
    }
  }
  return true;
}

void ServiceManager::started(ServiceRecord& record) {
  record.state = ServiceState::kRunning;
  record.pending_until = 0;
  record.exit_code = 0;
  const ServiceBehaviour armed = state_.behaviour_of(record.name);
  record.crash_at = armed.crashes_after_ms ? state_.clock_ms + *armed.crashes_after_ms : 0;
  if (is_guest_proxy_agent(record.name)) state_.next_agent_status_at = state_.clock_ms;
}

void ServiceManager::ended(const std::string& folded, std::uint32_t exit_code,
                           std::int64_t lingers_ms) {
  ServiceRecord& record = state_.services.at(folded);
  const bool driver = record.config.type == ServiceType::kKernelDriver;
  record.state = ServiceState::kStopped;
  record.process_id = 0;
  record.exit_code = exit_code;
  record.pending_until = 0;
  record.pending_failure = 0;
  record.crash_at = 0;
  if (is_guest_proxy_agent(folded)) {
    state_.next_agent_status_at = 0;
    state_.agent_attached = false;
  }
  for (Loaded& row : state_.loaded) {
    if (row.service == folded && row.ends_at == 0) {
      row.ends_at = state_.clock_ms + (driver ? 0 : lingers_ms);
    }
  }
  std::erase_if(state_.loaded, [&](const Loaded& row) {
    return row.service == folded && row.ends_at != 0 && row.ends_at <= state_.clock_ms;
  });
  erase_if_marked(folded);
}

void ServiceManager::erase_if_marked(const std::string& folded) {
  const ServiceRecord& record = state_.services.at(folded);
  if (!record.marked || record.state != ServiceState::kStopped) return;
  if (state_.behaviour_of(folded).held_open) return;
  erase_service(state_, folded);
}

void ServiceManager::apply_behaviour(std::string_view name) {
  ServiceRecord* record = state_.find_service(name);
  if (record == nullptr) return;
  const ServiceBehaviour armed = state_.behaviour_of(name);
  record->crash_at = armed.crashes_after_ms && record->state == ServiceState::kRunning
                         ? state_.clock_ms + *armed.crashes_after_ms
                         : 0;
  // Hangs that were armed end when they are taken back.
  const bool for_ever = record->pending_until == 0;
  if (for_ever && record->state == ServiceState::kStartPending && !armed.start_hangs) {
    record->pending_until = state_.clock_ms + 1;
  }
  if (for_ever && record->state == ServiceState::kStopPending && !armed.stop_hangs) {
    record->pending_until = state_.clock_ms + 1;
  }
  erase_if_marked(fold_case(name));
}

}  // namespace machine::simulated
