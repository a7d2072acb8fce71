#include "actions/machine/simulated/boot.h"

#include "actions/machine/simulated/pending_renames.h"
#include "actions/machine/simulated/service_manager.h"

namespace machine::simulated {
namespace {

constexpr std::int64_t kShutdownMs = 10'000;
constexpr std::int64_t kEarlyBootMs = 15'000;

void end_everything(MachineState& state) {
  state.loaded.clear();
  state.next_agent_status_at = 0;
  state.agent_attached = false;
  for (auto& [folded, set] : state.data_collectors)
    set.running = false;
  std::vector<std::string> marked;
  for (const auto& [folded, record] : state.services)
    if (record.marked) marked.push_back(folded);
  for (const std::string& folded : marked)
    erase_service(state, folded);
  for (auto& [folded, record] : state.services) {
    record.state = ServiceState::kStopped;
    record.process_id = 0;
    record.exit_code = kServiceNeverStarted;
    record.pending_until = 0;
    record.pending_failure = 0;
    record.crash_at = 0;
  }
}

}  // namespace

void boot(MachineState& state, const disk::Drive& drive) {
  end_everything(state);
  state.unflushed = {};
  state.clock_ms += kShutdownMs;
  state.boots += 1;
  state.booted_at_ms = state.clock_ms;
  run_pending_renames(state, drive);
  state.clock_ms += kEarlyBootMs;
  ServiceManager services(state, drive);
  services.start_automatic_services();
  services.advance_to(state.clock_ms + 1);
}

}  // namespace machine::simulated
