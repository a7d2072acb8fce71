#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/deadline.h"
#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "errors/failure.h"
#include "journal/records.h"
#include "json/json.h"

namespace engine::product {

// GuestProxyAgent as the machine has it. Its service says "running" also where it protects nothing,
// so that the truth is its own status file, rewritten every 60 s.
enum class ProxyHealth {
  kAbsent,
  kStopped,    // by its owner, unless a stop of ours is on record
  kDisabled,   // and stopped
  kHealthy,    // runs, and its file is fresh and good
  kUnhealthy,  // runs, and its file is fresh and not good
  kUnknown,    // runs or is on its way; no file, a stale one, or one that does not say
};
std::string_view to_text(ProxyHealth health);
// A word that this program does not know is kUnknown.
ProxyHealth proxy_health_from(std::string_view text);

struct ProxyReading {
  ProxyHealth health = ProxyHealth::kAbsent;
  std::uint32_t process_id = 0;
  std::string words;  // what led to kUnhealthy or kUnknown: for people, one line, bounded
};

// A status file written before `written_since_utc_ms` is another process's: kUnknown. One of more
// than 4 MiB is not read. Nothing that the file holds, and no error in reading it, throws.
ProxyReading read_proxy(machine::Machine& machine, std::int64_t written_since_utc_ms = 0);

// What became of GuestProxyAgent in an enable that restarted it.
enum class ProxyAfter {
  kHealthy,
  kUnhealthy,
  kUnknown,
  kNotRunning,   // never seen running
  kEndedAgain,   // seen running, then not, or as another process
  kSameProcess,  // the one from before: it was not restarted
};
std::string_view to_text(ProxyAfter after);

enum class ProxyVerdict {
  kFine,
  kWarn,      // the enable commits; a substatus says that nobody knows
  kComplain,  // the enable commits with 1020: a roll-out must stop, there is nothing to undo
  kRegress,   // the enable fails with 1020 and is undone: it was better before
};
std::string_view to_text(ProxyVerdict verdict);

// nullopt stands for every value; the first row that fits decides, and one always does.
struct ProxyRow {
  ProxyHealth before;
  std::optional<ProxyAfter> after;
  ProxyVerdict verdict;
};
std::span<const ProxyRow> proxy_table();
ProxyVerdict judge(ProxyHealth before, ProxyAfter after);

// What enable compares with: what disable, or the open update, found before it stopped
// GuestProxyAgent; else what is found now. A record without its health, or a damaged one: kUnknown.
struct ProxyBefore {
  ProxyHealth health = ProxyHealth::kAbsent;
  std::vector<std::uint32_t> processes;  // that it was, in this boot
};
ProxyBefore proxy_before(machine::Machine& machine, const InstallationState& installation);

// Waits until GuestProxyAgent is a new process that stays and says by itself that it is healthy; at
// most kProxyPatienceMs, never past the deadline. Where it was unknown before and still says
// nothing, only as long as it takes to see that it stays. Ends at once where it does not run.
inline constexpr std::int64_t kProxyPatienceMs = 75'000;  // its file may come after 60 s
struct ProxyOutcome {
  ProxyAfter after = ProxyAfter::kUnknown;
  std::string words;
};
ProxyOutcome await_proxy(machine::Machine& machine, const ProxyBefore& before,
                         machine::Deadline deadline, std::int64_t started_utc_ms);

// What came of a restart, where that is no failure.
struct ProxyJudgement {
  std::string note;  // for the journal's events
  journal::Level level = journal::Level::kInfo;
  std::optional<errors::Failure> complaint;  // kComplain
};
// Waits (await_proxy) and judges. Throws kRestartService for kRegress.
ProxyJudgement judge_proxy(machine::Machine& machine, const ProxyBefore& before,
                           machine::Deadline deadline, std::int64_t started_utc_ms);

}  // namespace engine::product
