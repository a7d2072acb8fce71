#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"
#include "actions/machine/machine.h"
#include "engine/known.h"
#include "engine/plan.h"

namespace engine {

// GuestProxyAgent as the machine has it. Its service says "running" also where it protects nothing,
// so that the truth is its own status file, rewritten every 60 s.
enum class AgentHealth {
  kAbsent,
  kStopped,    // by its owner, unless a stop of ours is on record
  kDisabled,   // and stopped
  kHealthy,    // runs, and its file is fresh and good
  kUnhealthy,  // runs, and its file is fresh and not good
  kUnknown,    // runs or is on its way; no file, a stale one, or one that does not say
};
std::string_view to_text(AgentHealth health);
// As a before-image holds it; what is unknown to this program, or missing, is kUnknown.
AgentHealth agent_health_from(const actions::Json& text);

struct AgentReading {
  AgentHealth health = AgentHealth::kAbsent;
  std::uint32_t process_id = 0;
  std::string words;  // what led to kUnhealthy or kUnknown: for people, one line, bounded
};

// A status file written before `written_since_utc_ms` is another process's: kUnknown. One of more
// than 4 MiB is not read. Nothing that the file holds, and no error in reading it, throws.
AgentReading read_agent(machine::Machine& machine, std::int64_t written_since_utc_ms = 0);

// What became of GuestProxyAgent in an enable that restarted it.
enum class AgentAfter {
  kHealthy,
  kUnhealthy,
  kUnknown,
  kNotRunning,   // never seen running
  kEndedAgain,   // seen running, then not, or as another process
  kSameProcess,  // the one from before: it was not restarted
};
std::string_view to_text(AgentAfter after);

enum class AgentVerdict {
  kFine,
  kWarn,      // the enable commits; a substatus says that nobody knows
  kComplain,  // the enable commits with 1020: a roll-out must stop, there is nothing to undo
  kRegress,   // the enable fails with 1020 and is undone: it was better before
};
std::string_view to_text(AgentVerdict verdict);

// nullopt stands for every value; the first row that fits decides, and one always does.
struct AgentRow {
  AgentHealth before;
  std::optional<AgentAfter> after;
  AgentVerdict verdict;
};
std::span<const AgentRow> agent_table();
AgentVerdict judge(AgentHealth before, AgentAfter after);

// Key of the health in the before-image of a stop of GuestProxyAgent.
inline constexpr const char* kHealthKey = "health";

// What enable compares with: what disable, or the open update, found before it stopped
// GuestProxyAgent; else what is found now. A record without its health: kUnknown.
struct AgentBefore {
  AgentHealth health = AgentHealth::kAbsent;
  std::vector<std::uint32_t> processes;  // that it was, in this boot
};
AgentBefore agent_before(machine::Machine& machine, const Known& known);

// Waits until GuestProxyAgent is a new process that stays and says by itself that it is healthy; at
// most kAgentPatienceMs, never past the deadline. Where it was unknown before and still says
// nothing, only as long as it takes to see that it stays. Ends at once where it does not run.
inline constexpr std::int64_t kAgentPatienceMs = 75'000;  // its file may come after 60 s
struct AgentOutcome {
  AgentAfter after = AgentAfter::kUnknown;
  std::string words;
};
AgentOutcome await_agent(machine::Machine& machine, const AgentBefore& before,
                         actions::Deadline deadline, std::int64_t started_utc_ms);

// The verdict of a plan that restarts GuestProxyAgent.
Judgement judge_agent(machine::Machine& machine, const AgentBefore& before,
                      actions::Deadline deadline, std::int64_t started_utc_ms);

}  // namespace engine
